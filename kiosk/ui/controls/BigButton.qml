// One thing to do. Filled is the way on, outlined the way back; never smaller than fifteen millimetres.
import QtQuick
import QtQuick.Templates as T

T.AbstractButton {
    id: button

    property bool filled: false
    property bool faint: false
    property string sign: ""
    property real size: Math.min(Theme.lead, Theme.px(44))
    readonly property color tint: filled ? Theme.goText : Theme.ink

    implicitWidth: Math.max(Theme.target, caption.implicitWidth + Theme.px(64))
    implicitHeight: sign === "" ? Math.max(Theme.target, caption.implicitHeight + Theme.px(24)) : Theme.target
    opacity: faint ? 0.45 : 1
    Accessible.name: text

    background: Rectangle {
        radius: Theme.radius
        color: button.filled ? Theme.go : "transparent"
        border.width: button.filled ? 0 : Math.max(2, Theme.px(3))
        border.color: Theme.edge

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: Theme.ink
            opacity: button.down ? 0.14 : 0
        }
        Rectangle {
            anchors.fill: parent
            anchors.margins: -Theme.px(6)
            radius: parent.radius + Theme.px(6)
            color: "transparent"
            border.width: Theme.px(3)
            border.color: Theme.info
            visible: button.visualFocus
        }
    }
    contentItem: Item {
        Label {
            id: caption
            anchors.centerIn: parent
            width: Math.min(implicitWidth, parent.width - Theme.px(16))
            text: button.text
            visible: button.sign === ""
            strong: true
            size: button.size
            lineHeight: 1.05
            color: button.tint
            horizontalAlignment: Text.AlignHCenter
            Accessible.ignored: true
        }
        Icon {
            anchors.centerIn: parent
            visible: button.sign !== ""
            name: button.sign === "" ? "check" : button.sign
            tint: button.tint
            size: Theme.px(40)
        }
    }
}
