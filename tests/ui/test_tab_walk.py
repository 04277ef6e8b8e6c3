"""Tab never gets stuck, and what has the focus shows it."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QLineEdit

from loyalty_desk.ui import theme
from loyalty_desk.ui.widgets.button import Pressable
from tests.ui import stories_idle

STEPS = 60


@pytest.mark.parametrize("name", list(stories_idle.DRAWN) + list(stories_idle.OTHERS))
def test_tab_walks_round_the_screen_and_every_stop_is_visible(name, qapp, qtbot):
    theme.install(qapp, "light")
    shell = {**stories_idle.DRAWN, **stories_idle.OTHERS}[name]()
    shell.resize(1366, 768)
    shell.show()
    shell.activateWindow()
    qapp.processEvents()
    stops = []
    for _step in range(STEPS):
        qtbot.keyClick(shell.focusWidget(), Qt.Key.Key_Tab)
        stop = shell.focusWidget()
        assert stop.isVisible()
        assert isinstance(stop, QLineEdit | QAbstractScrollArea) or stop.is_ringed(), stop
        stops.append(stop)
    assert len(set(map(id, stops))) >= 3
    assert stops.count(stops[0]) >= 2, "Tab never came back"
    assert all(isinstance(one, Pressable | QLineEdit | QAbstractScrollArea) for one in stops)
    shell.close()
    shell.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
