// Several posts on one glass: each with its status and price.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import "../controls"

Item {
    id: page

    required property var station

    Label {
        id: title
        width: parent.width
        text: page.station.tiles.title
        strong: true
        size: Theme.title
    }
    Flickable {
        anchors.top: title.bottom
        anchors.topMargin: Theme.gap
        anchors.bottom: parent.bottom
        width: parent.width
        contentHeight: grid.height
        interactive: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        clip: interactive

        GridLayout {
            id: grid
            width: parent.width
            height: Math.max(implicitHeight, page.height - title.height - Theme.gap)
            columns: Theme.portrait || Theme.large ? 1 : Math.min(2, tiles.count)
            rowSpacing: Theme.px(12)
            columnSpacing: Theme.gap
            uniformCellWidths: true
            uniformCellHeights: true

            Repeater {
                id: tiles
                model: page.station.tiles.tiles

                T.AbstractButton {
                    id: tile
                    required property var modelData
                    objectName: "tile-" + modelData.id
                    text: modelData.name
                    implicitHeight: parts.implicitHeight
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.minimumHeight: Math.max(Theme.target, parts.implicitHeight)
                    Accessible.name: modelData.name + ", " + modelData.pill.text + ", " + modelData.price
                    onClicked: page.station.visit(modelData.id)

                    Card {
                        id: parts
                        anchors.fill: parent
                        inset: tiles.count > 4 ? Theme.px(16) : Theme.inset

                        GridLayout {
                            columns: Theme.large ? 1 : 2
                            columnSpacing: Theme.px(16)
                            rowSpacing: Theme.px(12)
                            Layout.fillWidth: true
                            Layout.fillHeight: true

                            Label {
                                text: tile.modelData.name
                                strong: true
                                size: Theme.lead
                                lineHeight: 1
                                Layout.fillWidth: true
                                Layout.alignment: Qt.AlignVCenter
                                Accessible.ignored: true
                            }
                            ColumnLayout {
                                spacing: Theme.px(8)
                                Layout.alignment: Qt.AlignVCenter

                                Pill {
                                    text: tile.modelData.pill.text
                                    icon: tile.modelData.pill.icon
                                    tone: tile.modelData.pill.tone
                                    size: Theme.small ? Theme.fine : Math.min(Theme.body, Theme.px(36))
                                    Layout.alignment: Theme.large ? Qt.AlignLeft : Qt.AlignRight
                                    Accessible.ignored: true
                                }
                                Label {
                                    text: tile.modelData.price
                                    color: Theme.soft
                                    wrapMode: Text.NoWrap
                                    Layout.alignment: Theme.large ? Qt.AlignLeft : Qt.AlignRight
                                    Accessible.ignored: true
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
