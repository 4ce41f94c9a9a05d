// Text in the family of the house. It wraps and never cuts.
import QtQuick

Text {
    property bool strong: false
    property real size: Theme.body

    color: Theme.ink
    font.weight: strong ? Font.Bold : Font.Normal
    font.family: Theme.family
    font.pixelSize: Math.max(1, size)
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    lineHeight: size >= Theme.title ? 1 : 1.15
}
