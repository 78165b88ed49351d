def live(page, name):
    return page.locator(f".reading [data-live={name}]").inner_text()


def test_the_slider_moves_the_counts(visit):
    page = visit()
    assert live(page, "flagged") == "120"
    page.locator("#threshold").focus()
    page.keyboard.press("ArrowRight")
    assert live(page, "flagged") == "119"
