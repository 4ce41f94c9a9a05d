// The terms, short enough to be read standing.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import "../controls"

Item {
    id: page

    required property var station
    readonly property var shown: station.terms

    Label {
        id: title
        width: parent.width
        text: page.shown.title
        strong: true
        size: Theme.title
    }
    Flickable {
        id: flick
        anchors.top: title.bottom
        anchors.topMargin: Theme.px(16)
        anchors.bottom: actions.top
        anchors.bottomMargin: Theme.gap
        width: parent.width
        contentHeight: grid.height
        interactive: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        clip: interactive

        GridLayout {
            id: grid
            width: parent.width
            height: Math.max(implicitHeight, flick.height)
            columns: Theme.stacked ? 1 : 2
            rowSpacing: Theme.px(16)
            columnSpacing: Theme.gap
            uniformCellWidths: true

            Repeater {
                model: page.shown.sections

                Card {
                    id: section
                    required property var modelData
                    inset: Theme.px(24)
                    spacing: Theme.px(4)
                    Layout.fillWidth: true
                    Layout.fillHeight: true

                    Label {
                        text: section.modelData.title
                        strong: true
                        size: Theme.body
                        Layout.fillWidth: true
                    }
                    Label {
                        text: section.modelData.text
                        size: Theme.px(22) * Theme.textScale
                        color: Theme.soft
                        Layout.fillWidth: true
                    }
                    Item {
                        Layout.fillHeight: true
                    }
                }
            }
        }
        Behavior on contentY {
            enabled: !flick.moving
            NumberAnimation {
                duration: Theme.turn
            }
        }
    }
    RowLayout {
        id: actions
        anchors.bottom: parent.bottom
        width: parent.width
        spacing: Theme.gap

        BigButton {
            objectName: "back"
            text: page.shown.back.text
            Layout.fillWidth: true
            onClicked: page.station.press(page.shown.back.intent)
        }
        BigButton {
            objectName: "more"
            sign: "down"
            visible: flick.contentHeight - flick.contentY > flick.height + 2
            Accessible.name: page.station.header.more
            Layout.preferredWidth: Theme.target
            onClicked: flick.contentY = Math.min(flick.contentHeight - flick.height, flick.contentY + flick.height * 0.8)
        }
    }
}
