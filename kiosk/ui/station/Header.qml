// Which post this is, and the languages by their own names.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import "../controls"

Item {
    id: header

    required property var station
    readonly property bool twoRows: whole.advanceWidth + languages.width + Theme.px(24) > width - 2 * Theme.margin

    height: Theme.px(Theme.compact ? 72 : 80) + (twoRows ? Theme.px(22) + title.height : 0)

    TextMetrics {
        id: whole
        text: title.text
        font: title.font
    }
    Label {
        id: title
        x: Theme.margin
        y: header.twoRows ? Theme.px(14) : (header.height - height) / 2 - Theme.px(4)
        width: header.twoRows ? parent.width - 2 * Theme.margin : Math.ceil(whole.advanceWidth) + 2
        text: header.station.header.title
        strong: true
        size: Math.min(Theme.fine * 1.2, Theme.px(36))
        lineHeight: 1.1
        wrapMode: header.twoRows ? Text.Wrap : Text.NoWrap
    }
    Row {
        id: languages
        anchors.right: parent.right
        anchors.rightMargin: Theme.margin - Theme.px(14)
        anchors.bottom: parent.bottom
        height: Theme.px(Theme.compact ? 72 : 80)
        z: 2
        Accessible.role: Accessible.PageTabList
        Accessible.name: header.station.header.languages_name

        Repeater {
            model: header.station.header.languages

            T.AbstractButton {
                id: tab
                required property var modelData
                objectName: "language-" + modelData.code
                text: modelData.name
                width: Math.max(Theme.target, name.implicitWidth + Theme.px(28))
                height: Theme.target
                y: parent.height - height + Theme.px(16)
                Accessible.role: Accessible.PageTab
                Accessible.name: text
                Accessible.selected: modelData.current
                onClicked: header.station.speak(modelData.code)

                Label {
                    id: name
                    x: parent.width - width - Theme.px(14)
                    y: languages.height / 2 - tab.y - height / 2 - Theme.px(4)
                    text: tab.text
                    strong: tab.modelData.current
                    size: Math.min(Theme.fine, Theme.px(32))
                    lineHeight: 1.1
                    color: tab.modelData.current ? Theme.ink : Theme.soft
                    wrapMode: Text.NoWrap
                    Accessible.ignored: true
                }
                Rectangle {
                    visible: tab.modelData.current
                    anchors.left: name.left
                    anchors.right: name.right
                    anchors.top: name.bottom
                    anchors.topMargin: Theme.px(3)
                    height: Theme.px(4)
                    color: Theme.ink
                }
            }
        }
    }
}
