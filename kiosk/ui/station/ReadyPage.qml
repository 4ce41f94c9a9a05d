// Free: the price with all its parts, before anything else.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import "../controls"

Spread {
    id: page

    required property var station
    readonly property var shown: station.ready
    readonly property bool crowded: shown.back.text !== "" && !Theme.stacked

    moreName: station.header.more
    first: GridLayout {
        columns: Theme.small ? 2 : 1
        columnSpacing: Theme.px(40)
        rowSpacing: 0
        Layout.fillWidth: true
        Layout.fillHeight: true

        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 4

            RowLayout {
                spacing: Theme.px(20)
                Pill {
                    text: page.station.pill.text
                    icon: page.station.pill.icon
                    tone: page.station.pill.tone
                }
                Label {
                    text: page.shown.power
                    color: Theme.soft
                    lineHeight: 1
                    Layout.fillWidth: true
                }
            }
            Item {
                Layout.fillHeight: true
                Layout.minimumHeight: Theme.px(Theme.compact ? 12 : 24)
                Layout.maximumHeight: Theme.px(64)
            }
            Label {
                text: page.shown.label
                size: Theme.small ? Theme.body : Math.min(Theme.lead * 0.9, Theme.px(60))
                color: Theme.soft
                Layout.fillWidth: true
            }
            Figure {
                number: page.shown.number
                unit: page.shown.unit
                Layout.fillWidth: true
            }
            Item {
                Layout.fillHeight: true
            }
        }
        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true
            Layout.preferredWidth: 5
            Layout.alignment: Qt.AlignBottom

            Repeater {
                id: rows
                model: page.shown.rows

                PriceRow {
                    required property var modelData
                    required property int index
                    label: modelData.label
                    value: modelData.value
                    last: index === rows.count - 1
                    Layout.fillWidth: true
                }
            }
        }
    }
    second: [
        Label {
            text: page.shown.how
            strong: true
            size: Theme.stacked || page.crowded ? Theme.lead : Theme.title
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(12)
        },
        Repeater {
            model: page.shown.steps

            RowLayout {
                id: step
                required property string modelData
                required property int index
                spacing: Theme.px(16)
                Layout.fillWidth: true

                Label {
                    text: step.index + 1
                    strong: true
                    Layout.alignment: Qt.AlignTop
                }
                Label {
                    text: step.modelData
                    color: Theme.soft
                    Layout.fillWidth: true
                }
            }
        },
        Item {
            Layout.fillHeight: true
            Layout.minimumHeight: Theme.px(20)
        },
        Label {
            text: page.shown.promise
            visible: !page.crowded
            color: Theme.soft
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(16)
        },
        Label {
            text: page.shown.example
            color: Theme.soft
            Layout.fillWidth: true
        }
    ]
    actions: [
        BigButton {
            objectName: "back"
            text: page.shown.back.text
            visible: text !== ""
            Layout.fillWidth: true
            onClicked: page.station.press(page.shown.back.intent)
        },
        BigButton {
            objectName: "primary"
            filled: true
            text: page.shown.start.text
            Layout.fillWidth: true
            onClicked: page.station.press(page.shown.start.intent)
        }
    ]
}
