// Stops something, so it is held and not tapped: 1.2 seconds, visibly. A screen reader's press counts as held.
import QtQuick
import QtQuick.Templates as T

T.AbstractButton {
    id: button

    property string hint: ""
    signal held

    implicitHeight: Math.max(Theme.px(Theme.compact ? 104 : 128), texts.implicitHeight + Theme.px(28))
    implicitWidth: texts.implicitWidth + Theme.px(64)
    Accessible.name: text
    Accessible.description: hint
    Accessible.onPressAction: held()
    onPressedChanged: pressed ? filling.restart() : filling.stop()

    NumberAnimation {
        id: filling
        target: progress
        property: "share"
        from: 0
        to: 1
        duration: 1200
        onStopped: progress.share = 0
        onFinished: button.held()
    }

    background: Rectangle {
        radius: Theme.radius
        color: Theme.stop
        clip: true

        Rectangle {
            id: progress
            property real share: 0
            width: parent.width * share
            height: parent.height
            radius: parent.radius
            color: Theme.ink
            opacity: 0.35
        }
    }
    contentItem: Item {
        Column {
            id: texts
            anchors.centerIn: parent
            width: parent.width
            spacing: Theme.px(4)

            Label {
                width: parent.width
                text: button.text
                strong: true
                size: Math.min(Theme.lead, Theme.px(44))
                lineHeight: 1.1
                color: Theme.stopText
                horizontalAlignment: Text.AlignHCenter
                Accessible.ignored: true
            }
            Label {
                width: parent.width
                visible: text !== ""
                text: button.hint
                size: Math.min(Theme.body, Theme.px(32)) * 0.85
                lineHeight: 1.1
                color: Theme.stopText
                horizontalAlignment: Text.AlignHCenter
                Accessible.ignored: true
            }
        }
    }
}
