"""What a picture says of its lines."""


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]
