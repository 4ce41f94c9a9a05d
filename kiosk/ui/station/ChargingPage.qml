// The running account: energy, cost, the hold's gauge, and the meter that proves it.
import QtQuick
import QtQuick.Layouts
import "../controls"

Spread {
    id: page

    required property var station
    readonly property var shown: station.charging

    share: 0.59
    whole: Theme.small
    moreName: station.header.more
    first: [
        Pill {
            text: page.station.pill.text
            icon: page.station.pill.icon
            tone: page.station.pill.tone
        },
        Item {
            Layout.fillHeight: true
        },
        GridLayout {
            columns: Theme.small ? 2 : 1
            columnSpacing: Theme.px(32)
            rowSpacing: Theme.px(4)
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(4)
            Layout.bottomMargin: Theme.px(8)

            Figure {
                number: page.shown.number
                unit: page.shown.unit
                Layout.fillWidth: true
                Layout.preferredWidth: 1
            }
            Figure {
                number: page.shown.cost
                unit: page.shown.cost_unit
                size: Theme.big
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.alignment: Qt.AlignBottom
            }
        },
        Item {
            Layout.fillHeight: true
        },
        Label {
            text: page.shown.note
            visible: text !== ""
            color: Theme.warn
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(16)
        },
        Gauge {
            share: page.shown.gauge
            Accessible.name: page.shown.used + " " + page.shown.reserve
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(12)
        },
        Flow {
            spacing: Theme.px(10)
            Layout.fillWidth: true
            Label {
                text: page.shown.used
                strong: true
                wrapMode: Text.NoWrap
            }
            Label {
                text: page.shown.reserve
                color: Theme.soft
                width: Math.min(implicitWidth, parent.width)
            }
        }
    ]
    second: [
        GridLayout {
            columns: Theme.stacked && !Theme.large ? 2 : 1
            columnSpacing: Theme.px(24)
            rowSpacing: Theme.px(Theme.compact ? 20 : 28)
            Layout.fillWidth: true

            ColumnLayout {
                spacing: 0
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.alignment: Qt.AlignTop
                Label {
                    text: page.shown.power_label
                    color: Theme.soft
                    Layout.fillWidth: true
                }
                Figure {
                    number: page.shown.power
                    unit: page.shown.power_unit
                    size: Math.min(Theme.title, Theme.px(72))
                    Layout.fillWidth: true
                }
            }
            ColumnLayout {
                spacing: 0
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.alignment: Qt.AlignTop
                Label {
                    text: page.shown.time_label
                    color: Theme.soft
                    Layout.fillWidth: true
                }
                Figure {
                    number: page.shown.time
                    size: Math.min(Theme.title, Theme.px(72))
                    Layout.fillWidth: true
                }
            }
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: Theme.px(16)
        },
        Label {
            text: page.shown.meter
            color: Theme.soft
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.meter_from
            color: Theme.soft
            Layout.fillWidth: true
        },
        Label {
            text: page.shown.meter_to
            strong: true
            size: Theme.lead
            Layout.fillWidth: true
        }
    ]
    actions: HoldButton {
        objectName: "stop"
        text: page.shown.stop.text
        hint: page.shown.stop_hint
        Layout.fillWidth: true
        onHeld: page.station.press(page.shown.stop.intent)
    }
}
