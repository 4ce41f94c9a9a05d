// How much may be reserved: each choice says what it buys.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import "../controls"

Item {
    id: page

    required property var station
    readonly property var shown: station.hold
    readonly property bool rows: Theme.portrait || Theme.large || shown.choices.length > 4
    readonly property bool promised: !Theme.tight && !Theme.large && !(rows && Theme.compact)

    Label {
        id: title
        width: parent.width
        text: page.shown.title
        strong: true
        size: Theme.title
    }
    Label {
        id: promise
        anchors.top: title.bottom
        width: parent.width
        text: page.shown.promise
        color: Theme.soft
        visible: page.promised
    }
    Flickable {
        id: flick
        anchors.top: page.promised ? promise.bottom : title.bottom
        anchors.topMargin: Theme.gap
        anchors.bottom: actions.top
        anchors.bottomMargin: Theme.gap
        width: parent.width
        contentHeight: choices.height
        interactive: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        clip: interactive

        GridLayout {
            id: choices
            width: parent.width
            height: Math.max(implicitHeight, flick.height)
            columns: page.rows ? (Theme.portrait ? 1 : 2) : Math.max(1, holds.count)
            rowSpacing: Theme.px(16)
            columnSpacing: Theme.gap
            uniformCellWidths: true

            Repeater {
                id: holds
                model: page.shown.choices

                T.AbstractButton {
                    id: choice
                    required property var modelData
                    required property int index
                    readonly property bool chosen: index === page.station.chosen
                    objectName: "choice" + index
                    text: modelData.name
                    implicitHeight: parts.implicitHeight
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.minimumHeight: Theme.target
                    Layout.maximumHeight: page.rows && !Theme.large ? Theme.px(190) : -1
                    Accessible.role: Accessible.RadioButton
                    Accessible.name: text
                    Accessible.checked: chosen
                    onClicked: page.station.choose(index)

                    Card {
                        id: parts
                        anchors.fill: parent
                        inset: Theme.px(page.rows ? 16 : Theme.small ? 20 : 32)
                        border.width: choice.chosen ? Theme.px(5) : 0
                        border.color: Theme.go

                        GridLayout {
                            columns: Theme.large ? 2 : page.rows ? 3 : 1
                            columnSpacing: Theme.px(20)
                            rowSpacing: 0
                            Layout.fillWidth: true
                            Layout.fillHeight: true
                            Layout.leftMargin: page.rows ? Theme.px(16) : 0

                            Figure {
                                number: choice.modelData.number
                                unit: choice.modelData.unit
                                size: Theme.px(Theme.compact || page.rows ? 60 : 76)
                                Layout.fillWidth: true
                                Layout.preferredWidth: 1
                                Layout.alignment: page.rows ? Qt.AlignVCenter : Qt.AlignTop
                            }
                            Item {
                                visible: !page.rows
                                Layout.fillHeight: true
                            }
                            ColumnLayout {
                                spacing: 0
                                Layout.fillWidth: true
                                Layout.preferredWidth: 1.2
                                Label {
                                    text: choice.modelData.buys
                                    color: Theme.soft
                                    Layout.fillWidth: true
                                    Accessible.ignored: true
                                }
                                Label {
                                    text: choice.modelData.energy
                                    strong: true
                                    Layout.fillWidth: true
                                    Accessible.ignored: true
                                }
                            }
                            Pill {
                                text: page.shown.chosen_word
                                visible: choice.chosen || !Theme.large
                                opacity: choice.chosen ? 1 : 0
                                size: Math.min(Theme.fine, Theme.px(28))
                                Layout.topMargin: page.rows ? 0 : Theme.px(16)
                                Layout.columnSpan: Theme.large ? 2 : 1
                                Accessible.ignored: true
                            }
                        }
                    }
                }
            }
        }
    }
    GridLayout {
        id: actions
        anchors.bottom: parent.bottom
        width: parent.width
        columns: Theme.portrait ? 2 : 3
        rowSpacing: Theme.px(16)
        columnSpacing: Theme.gap

        BigButton {
            objectName: "back"
            text: page.shown.back.text
            Layout.fillWidth: true
            Layout.preferredWidth: 1
            onClicked: page.station.press(page.shown.back.intent)
        }
        BigButton {
            objectName: "terms"
            text: page.shown.terms.text
            Layout.fillWidth: true
            Layout.preferredWidth: 1
            onClicked: page.station.press(page.shown.terms.intent)
        }
        BigButton {
            objectName: "primary"
            filled: true
            text: page.shown.pay.text
            Layout.columnSpan: actions.columns === 2 ? 2 : 1
            Layout.fillWidth: true
            Layout.preferredWidth: 1.4
            onClicked: page.station.press(page.shown.pay.intent)
        }
    }
}
