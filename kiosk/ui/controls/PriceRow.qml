// A part of a price or an account: what it is, and how much. The amount keeps to one line as long as there is room.
import QtQuick

Item {
    id: row

    property string label: ""
    property string value: ""
    property string tone: ""
    property bool last: false
    property real size: Theme.body
    property real air: Theme.px(Theme.compact ? 10 : Theme.stacked ? 12 : 18)

    readonly property bool under: Theme.large && name.implicitWidth + amount.implicitWidth + Theme.px(18) > width

    implicitHeight: (under ? name.implicitHeight + amount.implicitHeight : Math.max(name.implicitHeight, amount.implicitHeight)) + 2 * air
    Accessible.role: Accessible.StaticText
    Accessible.name: label + " " + value

    Label {
        id: name
        y: row.air
        width: row.under ? row.width : row.width - amount.width - Theme.px(16)
        text: row.label
        size: row.size
        lineHeight: 1.15
        Accessible.ignored: true
    }
    Label {
        id: amount
        y: row.under ? name.y + name.implicitHeight : row.air
        x: row.width - width
        width: row.under ? row.width : Math.min(Math.ceil(implicitWidth), Math.max(row.width * 0.5, row.width - name.implicitWidth - Theme.px(18)))
        text: row.value
        size: row.size
        lineHeight: 1.15
        strong: true
        color: Theme.tones[row.tone]
        horizontalAlignment: Text.AlignRight
        Accessible.ignored: true
    }
    Rectangle {
        visible: !row.last
        width: parent.width
        height: Math.max(1, Theme.px(2))
        anchors.bottom: parent.bottom
        color: Theme.line
    }
}
