// What lights up before anything else is loaded: the ground of every page, and the name.
import QtQuick

Rectangle {
    color: "#F5F3EE"

    Text {
        anchors.centerIn: parent
        text: "Ladekiosk"
        color: "#52625F"
        font.pixelSize: Math.round(parent.height * 0.065)
    }
}
