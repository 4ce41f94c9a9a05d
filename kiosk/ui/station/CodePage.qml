// The stop code: four digits on our own keypad.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import "../controls"

Item {
    id: page

    required property var station
    readonly property var shown: station.code
    readonly property bool under: Theme.portrait

    GridLayout {
        anchors.fill: parent
        columns: page.under ? 1 : 2
        columnSpacing: Theme.px(48)
        rowSpacing: Theme.gap

        ColumnLayout {
            spacing: Theme.px(12)
            Layout.fillWidth: true
            Layout.fillHeight: !page.under
            Layout.preferredWidth: 1

            Label {
                text: page.shown.title
                strong: true
                size: Math.min(Theme.title, Theme.px(64))
                Layout.fillWidth: true
            }
            Label {
                text: page.shown.text
                size: Math.min(Theme.body, Theme.px(30))
                color: Theme.soft
                Layout.fillWidth: true
            }
            Row {
                spacing: Theme.px(20)
                Layout.topMargin: Theme.px(12)
                Accessible.role: Accessible.StaticText
                Accessible.name: page.shown.entered

                Repeater {
                    model: page.shown.filled

                    Rectangle {
                        required property bool modelData
                        width: Theme.px(Theme.compact ? 44 : 56)
                        height: width
                        radius: width / 2
                        color: modelData ? Theme.ink : "transparent"
                        border.color: Theme.edge
                        border.width: modelData ? 0 : Theme.px(3)
                    }
                }
            }
            Label {
                text: page.shown.message
                size: Math.min(Theme.body, Theme.px(30))
                strong: true
                color: Theme.stop
                Layout.fillWidth: true
                visible: text !== "" || !page.under
            }
            Item {
                Layout.fillHeight: true
            }
            BigButton {
                objectName: "back"
                text: page.shown.back.text
                visible: !page.under
                Layout.fillWidth: true
                onClicked: page.station.press(page.shown.back.intent)
            }
        }
        Keypad {
            locked: page.shown.locked
            eraseName: page.shown.erase
            rowSpacing: Theme.px(Theme.small ? 10 : 16)
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 1
            Layout.maximumHeight: Theme.px(680)
            Layout.topMargin: page.under ? 0 : Theme.px(16)
            Layout.alignment: Qt.AlignBottom
            onDigit: value => page.station.enter(value)
            onErased: page.station.erase()
        }
        BigButton {
            objectName: "back-under"
            text: page.shown.back.text
            visible: page.under
            Layout.fillWidth: true
            onClicked: page.station.press(page.shown.back.intent)
        }
    }
}
