// One large sentence, what it means for the driver, and what can be done.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import "../controls"

Spread {
    id: page

    required property var station
    readonly property var shown: station.notice
    readonly property bool inCorner: Theme.small && shown.left !== ""

    hasSecond: shown.side_title !== "" || shown.rows.length > 0 || shown.left !== ""
    hasActions: shown.primary.text !== "" || shown.secondary.text !== ""
    moreName: station.header.more
    first: [
        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.px(16)

            Pill {
                text: page.station.pill.text
                icon: page.station.pill.icon
                tone: page.station.pill.tone
            }
            Label {
                text: page.shown.left_label
                visible: page.inCorner
                color: Theme.soft
                horizontalAlignment: Text.AlignRight
                Layout.fillWidth: true
            }
            Label {
                text: page.shown.left
                visible: page.inCorner
                strong: true
                size: Theme.title
                lineHeight: 1
            }
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: Theme.px(Theme.small ? 8 : 16)
            Layout.maximumHeight: Theme.px(96)
        },
        Label {
            text: page.shown.title
            strong: true
            size: Theme.title * (Theme.stacked ? 1 : 1.2)
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.lead
            size: Theme.small ? Theme.body : Theme.lead * 0.9
            color: Theme.soft
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(Theme.compact ? 10 : 20)
        },
        Item {
            Layout.fillHeight: true
        },
        Label {
            text: page.shown.foot
            visible: text !== ""
            color: Theme.soft
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(12)
        }
    ]
    second: [
        Label {
            text: page.shown.side_title
            visible: text !== ""
            strong: true
            size: Theme.lead
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(8)
        },
        Label {
            text: page.shown.side
            visible: text !== ""
            color: Theme.soft
            Layout.fillWidth: true
            Layout.bottomMargin: rows.count > 0 ? Theme.px(12) : 0
        },
        Repeater {
            id: rows
            model: page.shown.rows

            PriceRow {
                required property var modelData
                required property int index
                label: modelData.label
                value: modelData.value
                tone: modelData.tone
                last: index === rows.count - 1
                Layout.fillWidth: true
            }
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: page.shown.left + page.shown.side_foot === "" ? 0 : Theme.px(12)
        },
        Label {
            text: page.shown.left_label
            visible: page.shown.left !== "" && !page.inCorner
            color: Theme.soft
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.left
            visible: text !== "" && !page.inCorner
            strong: true
            size: Math.min(Theme.title * 1.3, Theme.px(84))
            lineHeight: 1
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.side_foot
            visible: text !== ""
            size: Theme.px(22) * Theme.textScale
            color: Theme.soft
            Layout.fillWidth: true
        }
    ]
    actions: [
        BigButton {
            objectName: "secondary"
            text: page.shown.secondary.text
            visible: text !== ""
            Layout.fillWidth: true
            Layout.preferredWidth: 1
            onClicked: page.station.press(page.shown.secondary.intent)
        },
        BigButton {
            objectName: "primary"
            filled: true
            text: page.shown.primary.text
            visible: text !== ""
            Layout.fillWidth: true
            Layout.preferredWidth: 1
            onClicked: page.station.press(page.shown.primary.intent)
        }
    ]
}
