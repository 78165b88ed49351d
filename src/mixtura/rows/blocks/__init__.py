"""Tables as blocks of rows: the protocol, arrays, and tables made of other tables."""
