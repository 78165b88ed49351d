"""The elliptic envelope, and the robust covariance under it."""
