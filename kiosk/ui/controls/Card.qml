// What belongs together: one surface, its parts under each other.
import QtQuick
import QtQuick.Layouts

Rectangle {
    id: card

    default property alias parts: column.data
    property alias spacing: column.spacing
    property real inset: Theme.inset

    implicitHeight: column.implicitHeight + 2 * inset
    implicitWidth: column.implicitWidth + 2 * inset
    radius: Theme.radius
    color: Theme.card

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: card.inset
        spacing: 0
    }
}
