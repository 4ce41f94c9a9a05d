// One drawing of the family in resources/icons, in the colour of the text beside it.
import QtQuick

Image {
    property string name: "check"
    property color tint: Theme.ink
    property real size: Theme.body

    source: "image://icon/" + name + "/" + tint.toString().slice(1)
    sourceSize: Qt.size(size, size)
    width: size
    height: size
    Accessible.ignored: true
}
