// Where to get help, the number to tell them, and the time; or how long the page still waits for a touch.
import QtQuick
import QtQuick.Layouts
import "../controls"

Item {
    id: footer

    required property var station
    readonly property real size: Math.min(Theme.fine, Theme.px(Theme.tight ? 24 : 30))

    height: Math.max(Theme.px(Theme.compact ? 52 : 72), row.implicitHeight + Theme.px(12))

    RowLayout {
        id: row
        anchors.fill: parent
        anchors.leftMargin: Theme.margin
        anchors.rightMargin: Theme.margin
        spacing: Theme.px(16)

        Label {
            text: footer.station.footer.help
            size: footer.size
            lineHeight: 1
            color: Theme.soft
            wrapMode: Text.NoWrap
        }
        Label {
            text: footer.station.footer.warning || footer.station.footer.station
            strong: footer.station.footer.warning !== ""
            size: footer.size
            color: strong ? Theme.warn : Theme.soft
            lineHeight: 1
            horizontalAlignment: Text.AlignHCenter
            Layout.fillWidth: true
        }
        Label {
            text: footer.station.footer.time
            size: footer.size
            lineHeight: 1
            color: Theme.soft
            wrapMode: Text.NoWrap
        }
    }
}
