// The payment code, what it reserves, and by which name the driver knows their own payment.
import QtQuick
import QtQuick.Layouts
import "../controls"

Spread {
    id: page

    required property var station
    readonly property var shown: station.pay

    stacked: Theme.portrait || Theme.large
    share: Theme.small ? 0.44 : 0.5
    firstHeight: Math.min(width, height * (Theme.tight ? 0.42 : Theme.portrait ? 0.46 : 0.6))
    plainSecond: true
    moreName: station.header.more
    first: Item {
        Layout.fillWidth: true
        Layout.fillHeight: true

        Rectangle {
            readonly property real side: Math.min(parent.width, parent.height) + Theme.inset * 0.8
            anchors.centerIn: parent
            width: side
            height: side
            radius: Theme.radius
            color: "#FFFFFF"

            Image {
                objectName: "code"
                anchors.fill: parent
                anchors.margins: Theme.px(8)
                source: page.shown.code
                sourceSize: Qt.size(width, height)
                fillMode: Image.PreserveAspectFit
                cache: false
                Accessible.role: Accessible.Graphic
                Accessible.name: page.shown.code_name
            }
        }
    }
    second: [
        Label {
            text: page.shown.title
            strong: true
            size: Theme.small ? Theme.px(34) : Theme.title
            Layout.fillWidth: true
        },
        PriceRow {
            label: page.shown.hold_label
            value: page.shown.hold
            last: true
            air: Theme.px(Theme.compact ? 6 : 14)
            size: Theme.small ? Theme.body : Theme.body * 1.1
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.promise
            color: Theme.soft
            visible: !Theme.small && !Theme.tight
            Layout.fillWidth: true
        },
        Item {
            Layout.fillHeight: true
            Layout.maximumHeight: Theme.px(40)
        },
        Label {
            text: page.shown.nickname_label
            color: Theme.soft
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(Theme.small ? 4 : 8)
        },
        Rectangle {
            radius: Theme.px(16)
            color: Theme.card
            Layout.fillWidth: true
            Layout.preferredHeight: name.implicitHeight + Theme.px(Theme.compact ? 20 : 32)

            Label {
                id: name
                x: Theme.px(20)
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width - Theme.px(40)
                text: page.shown.nickname
                strong: true
                size: Theme.small ? Theme.px(26) : Theme.lead
                lineHeight: 1.1
            }
        },
        Label {
            text: page.shown.warning
            color: Theme.soft
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(12)
        },
        Item {
            Layout.fillHeight: true
        }
    ]
    actions: RowLayout {
        spacing: Theme.gap
        Layout.fillWidth: true

        BigButton {
            objectName: "secondary"
            text: page.shown.cancel.text
            Layout.fillWidth: true
            onClicked: page.station.press(page.shown.cancel.intent)
        }
        ColumnLayout {
            spacing: 0
            Label {
                text: page.shown.left_label
                size: Math.min(Theme.fine, Theme.px(30))
                lineHeight: 1.1
                color: Theme.soft
                horizontalAlignment: Text.AlignRight
                Layout.alignment: Qt.AlignRight
            }
            Label {
                text: page.shown.left
                strong: true
                size: Math.min(Theme.title, Theme.px(56))
                lineHeight: 1
                horizontalAlignment: Text.AlignRight
                Layout.alignment: Qt.AlignRight
            }
        }
    }
}
