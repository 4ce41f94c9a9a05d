// What was paid and what was released, as confirmed.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import "../controls"

Spread {
    id: page

    required property var station
    readonly property var shown: station.summary

    share: 0.53
    moreName: station.header.more
    first: [
        Pill {
            text: page.station.pill.text
            icon: page.station.pill.icon
            tone: page.station.pill.tone
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: Theme.px(8)
        },
        Label {
            text: page.shown.label
            size: Theme.small ? Theme.body : Math.min(Theme.lead * 0.9, Theme.px(60))
            color: Theme.soft
            Layout.fillWidth: true
        },
        Figure {
            number: page.shown.number
            unit: page.shown.unit
            size: Theme.px(Theme.small ? 96 : Theme.compact ? 120 : 144)
            Layout.fillWidth: true
        },
        Item {
            Layout.fillHeight: true
        },
        Label {
            text: page.shown.why
            color: Theme.soft
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.receipt
            color: Theme.soft
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.meter
            visible: text !== ""
            size: Theme.fine
            color: Theme.soft
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(12)
        }
    ]
    second: [
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
                readonly property bool many: rows.count > 5
                size: many && Theme.compact && !Theme.stacked ? Theme.px(22) : Theme.body
                air: Theme.px(many && Theme.compact ? 5 : many ? 7 : Theme.compact ? 10 : 16)
                Layout.fillWidth: true
            }
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: Theme.px(12)
        },
        Label {
            text: page.shown.confirmed
            size: Theme.px(22) * Theme.textScale
            color: Theme.soft
            Layout.fillWidth: true
        }
    ]
    actions: BigButton {
        objectName: "primary"
        text: page.shown.leave.text
        Layout.fillWidth: true
        onClicked: page.station.press(page.shown.leave.intent)
    }
}
