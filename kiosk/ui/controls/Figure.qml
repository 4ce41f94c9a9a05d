// A number and its unit on one baseline. It grows to its size and shrinks to its width, and never parts or wraps.
import QtQuick

Item {
    id: figure

    property string number: ""
    property string unit: ""
    property real size: Theme.huge
    property real unitShare: size > Theme.big ? 0.33 : 0.5
    readonly property real natural: numberSize.advanceWidth + unitSize.advanceWidth + size * 0.16
    readonly property real fitted: natural > width && width > 0 ? size * width / natural : size

    implicitWidth: natural
    implicitHeight: size * 1.06
    Accessible.role: Accessible.StaticText
    Accessible.name: number + " " + unit

    TextMetrics {
        id: numberSize
        text: figure.number
        font.family: Theme.family
        font.weight: Font.Bold
        font.pixelSize: Math.max(1, figure.size)
    }
    TextMetrics {
        id: unitSize
        text: figure.unit
        font.family: Theme.family
        font.pixelSize: Math.max(1, figure.size * figure.unitShare)
    }
    Label {
        id: value
        text: figure.number
        strong: true
        size: Math.floor(figure.fitted)
        lineHeight: 1
        wrapMode: Text.NoWrap
        anchors.verticalCenter: parent.verticalCenter
        Accessible.ignored: true
    }
    Label {
        text: figure.unit
        size: Math.floor(figure.fitted * figure.unitShare)
        lineHeight: 1
        color: Theme.soft
        wrapMode: Text.NoWrap
        anchors.left: value.right
        anchors.leftMargin: figure.fitted * 0.14
        anchors.baseline: value.baseline
        Accessible.ignored: true
    }
}
