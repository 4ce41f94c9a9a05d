// How much of the hold is used. It grows, it does not jump.
import QtQuick

Rectangle {
    id: gauge

    property real share: 0

    implicitHeight: Theme.px(Theme.compact ? 24 : 32)
    radius: height / 2
    color: Theme.line
    Accessible.role: Accessible.ProgressBar

    Rectangle {
        width: Math.max(parent.height, parent.width * Math.min(1, gauge.share))
        height: parent.height
        radius: parent.radius
        color: Theme.go
        visible: gauge.share > 0

        Behavior on width {
            NumberAnimation {
                duration: Theme.count
            }
        }
    }
}
