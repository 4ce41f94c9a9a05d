// A status: colour, icon and word, always together.
import QtQuick

Rectangle {
    id: pill

    property string text: ""
    property string icon: "check"
    property string tone: "go"
    property real size: Math.min(Theme.body, Theme.px(36))

    visible: text !== ""
    implicitWidth: row.implicitWidth + size * 1.8
    implicitHeight: row.implicitHeight + size * 0.8
    radius: height / 2
    color: Theme.grounds[tone]
    Accessible.role: Accessible.StaticText
    Accessible.name: text

    Row {
        id: row
        anchors.centerIn: parent
        spacing: pill.size * 0.5

        Icon {
            anchors.verticalCenter: parent.verticalCenter
            name: pill.icon
            tint: Theme.tones[pill.tone]
            size: pill.size * 1.15
        }
        Label {
            text: pill.text
            strong: true
            size: pill.size
            lineHeight: 1
            color: Theme.tones[pill.tone]
            wrapMode: Text.NoWrap
            Accessible.ignored: true
        }
    }
}
