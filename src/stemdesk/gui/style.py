"""The style sheet over Fusion: rounded, calm, with a focus that can be seen.

Sizes of text come from the system's font; paddings are in pixels, so that larger fonts make
larger controls. Widgets are told apart by the dynamic property `kind`.
"""

from __future__ import annotations

from stemdesk.gui.tokens import Colours

RADIUS_PX = 8


def stylesheet(c: Colours) -> str:
    return "\n".join((_ground(c), _buttons(c), _fields(c), _chips(c), _toggles(c), _lists(c)))


def _ground(c: Colours) -> str:
    return f"""
    QMainWindow, QDialog {{ background: {c.window}; }}
    QToolTip {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; padding: 4px 6px;
    }}
    QLabel {{ background: transparent; }}
    QLabel[kind="muted"] {{ color: {c.muted}; }}
    QLabel[kind="danger"] {{ color: {c.danger}; }}
    QLabel[kind="warning"] {{ color: {c.warning}; }}
    QFrame[kind="card"] {{
        background: {c.surface}; border: 1px solid {c.border}; border-radius: 12px;
    }}
    QFrame[kind="bar"] {{ background: {c.surface}; border-bottom: 1px solid {c.border}; }}
    QFrame[kind="status"] {{ background: {c.window}; border-top: 1px solid {c.border}; }}
    QFrame[kind="library"] {{ background: {c.surface}; border-right: 1px solid {c.border}; }}
    QFrame[kind="banner"] {{
        background: {c.selected}; border-bottom: 1px solid {c.border};
    }}
    QProgressBar {{
        background: {c.raised}; border: none; border-radius: 4px;
        min-height: 8px; max-height: 8px;
    }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
    """


def _buttons(c: Colours) -> str:
    return f"""
    QPushButton, QToolButton[kind="menu"] {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.outline};
        border-radius: {RADIUS_PX}px; padding: 6px 14px;
    }}
    QPushButton:hover, QToolButton[kind="menu"]:hover {{ background: {c.raised}; }}
    QPushButton:pressed {{ background: {c.selected}; }}
    QPushButton:focus, QToolButton[kind="menu"]:focus {{
        border: 2px solid {c.accent}; padding: 5px 13px;
    }}
    QPushButton:disabled {{ color: {c.outline}; border-color: {c.border}; }}
    QPushButton[kind="primary"] {{
        background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};
        font-weight: 600;
    }}
    QPushButton[kind="primary"]:hover {{ border-color: {c.text}; }}
    QPushButton[kind="primary"]:focus {{ border: 2px solid {c.text}; }}
    QPushButton[kind="primary"]:disabled {{
        background: {c.raised}; color: {c.outline}; border-color: {c.border};
    }}
    QToolButton[kind="menu"] {{ padding: 5px 24px 6px 14px; }}
    QToolButton[kind="menu"]:focus {{ padding: 4px 23px 5px 13px; }}
    QToolButton[kind="menu"]::menu-button {{ border: none; width: 22px; }}
    QToolButton[kind="icon"] {{
        background: transparent; color: {c.text}; border: 1px solid transparent;
        border-radius: {RADIUS_PX}px; padding: 5px;
    }}
    QToolButton[kind="icon"]:hover {{ background: {c.raised}; }}
    QToolButton[kind="icon"]:focus {{ border: 2px solid {c.accent}; padding: 4px; }}
    QToolButton[kind="icon"]:disabled {{ color: {c.outline}; }}
    QToolButton[kind="play"] {{
        background: {c.accent}; border: 2px solid {c.accent}; border-radius: 22px;
    }}
    QToolButton[kind="play"]:hover, QToolButton[kind="play"]:focus {{
        border-color: {c.text};
    }}
    QToolButton[kind="play"]:disabled {{ background: {c.raised}; border-color: {c.raised}; }}
    """


def _fields(c: Colours) -> str:
    return f"""
    QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QPlainTextEdit {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.outline};
        border-radius: {RADIUS_PX}px; padding: 6px 10px;
        selection-background-color: {c.accent}; selection-color: {c.on_accent};
    }}
    QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus,
    QPlainTextEdit:focus {{ border: 2px solid {c.accent}; padding: 5px 9px; }}
    QLineEdit {{ placeholder-text-color: {c.muted}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
    QAbstractSpinBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
    QComboBox {{ padding-right: 26px; combobox-popup: 0; }}
    QComboBox:focus {{ padding-right: 25px; }}
    QComboBox:disabled, QLineEdit:disabled {{ color: {c.muted}; border-color: {c.border}; }}
    QComboBox::drop-down {{ border: none; width: 26px; }}
    QCheckBox {{ color: {c.text}; spacing: 9px; }}
    QCheckBox::indicator {{
        width: 16px; height: 16px; border: 1px solid {c.outline}; border-radius: 5px;
        background: {c.surface};
    }}
    QCheckBox:disabled {{ color: {c.outline}; }}
    QCheckBox::indicator:disabled {{ border-color: {c.border}; background: {c.window}; }}
    QCheckBox::indicator:hover {{ background: {c.raised}; }}
    QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent}; }}
    QCheckBox::indicator:focus {{
        width: 14px; height: 14px; border: 2px solid {c.accent};
    }}
    QCheckBox::indicator:checked:focus {{ border-color: {c.text}; }}
    QComboBox QAbstractItemView {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border};
        selection-background-color: {c.selected}; selection-color: {c.text}; padding: 4px;
    }}
    QComboBox QAbstractItemView::item {{
        min-height: 26px; padding: 0 6px; border-radius: 6px;
    }}
    QComboBox QAbstractItemView::item:selected {{ background: {c.selected}; color: {c.text}; }}
    """


def _chips(c: Colours) -> str:
    return f"""
    QToolButton[kind="mute"], QToolButton[kind="solo"] {{
        background: transparent; color: {c.muted}; border: 1px solid {c.outline};
        border-radius: 6px; font-weight: 600;
    }}
    QToolButton[kind="mute"]:hover, QToolButton[kind="solo"]:hover {{ background: {c.raised}; }}
    QToolButton[kind="mute"]:checked {{
        background: {c.mute}; color: {c.on_mute}; border-color: {c.mute};
    }}
    QToolButton[kind="solo"]:checked {{
        background: {c.solo}; color: {c.on_solo}; border-color: {c.solo};
    }}
    QToolButton[kind="mute"]:focus, QToolButton[kind="solo"]:focus {{
        border: 2px solid {c.accent};
    }}
    """


def _toggles(c: Colours) -> str:
    on = f"background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};"
    shape = (
        f"background: {c.surface}; color: {c.text}; border: 1px solid {c.outline};"
        " padding: 4px 8px;"
    )
    return f"""
    QToolButton[kind="icon"]:checked {{
        background: {c.selected}; border: 1px solid {c.accent};
    }}
    QToolButton[kind="icon"]:checked:focus {{ border: 2px solid {c.accent}; }}
    QToolButton[kind="pill"] {{ {shape} border-radius: 12px; }}
    QToolButton[kind="left"] {{
        {shape} border-top-left-radius: {RADIUS_PX}px; border-bottom-left-radius: {RADIUS_PX}px;
        border-right: none;
    }}
    QToolButton[kind="right"] {{
        {shape} border-top-right-radius: {RADIUS_PX}px; border-bottom-right-radius: {RADIUS_PX}px;
    }}
    QToolButton[kind="pill"]:hover, QToolButton[kind="left"]:hover,
    QToolButton[kind="right"]:hover {{ background: {c.raised}; }}
    QToolButton[kind="pill"]:checked, QToolButton[kind="left"]:checked,
    QToolButton[kind="right"]:checked {{ {on} }}
    QToolButton[kind="pill"]:disabled, QToolButton[kind="left"]:disabled,
    QToolButton[kind="right"]:disabled {{ color: {c.outline}; border-color: {c.border}; }}
    QToolButton[kind="pill"]:focus, QToolButton[kind="left"]:focus,
    QToolButton[kind="right"]:focus {{ border: 2px solid {c.accent}; padding: 3px 7px; }}
    QToolButton[kind="pill"]:checked:focus, QToolButton[kind="left"]:checked:focus,
    QToolButton[kind="right"]:checked:focus {{ border-color: {c.text}; }}
    """


def _lists(c: Colours) -> str:
    return f"""
    QListView {{ background: transparent; border: none; outline: none; }}
    QListView[kind="sections"]::item {{ border-radius: {RADIUS_PX}px; padding: 0 8px; }}
    QListView[kind="sections"]::item:hover {{ background: {c.raised}; }}
    QListView[kind="sections"]::item:selected {{ background: {c.selected}; color: {c.text}; }}
    QListView[kind="sections"]::item:selected:focus {{ border: 2px solid {c.accent}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar::handle:vertical {{
        background: {c.outline}; border-radius: 4px; min-height: 32px; margin: 2px;
    }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QMenu {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; padding: 6px;
    }}
    QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: 6px; }}
    QMenu::item:selected {{ background: {c.selected}; }}
    QMenu::item:disabled {{ color: {c.outline}; }}
    QMenu::separator {{ height: 1px; background: {c.border}; margin: 6px 4px; }}
    """
