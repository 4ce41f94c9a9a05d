// The two cards and the buttons of a page: beside each other where there is room, else under each other and scrolled.
import QtQuick
import QtQuick.Layouts

Item {
    id: spread

    property alias first: firstCard.parts
    property alias second: secondCard.parts
    property alias actions: actionRow.data
    property alias firstSpacing: firstCard.spacing
    property alias secondSpacing: secondCard.spacing
    property real share: 0.56
    property bool stacked: Theme.stacked
    property bool plainSecond: false
    property bool hasSecond: true
    property bool hasActions: true
    property real firstHeight: firstCard.implicitHeight
    property string moreName: ""
    // Where the second card does not fit, only its edge shows, and none of its figures half.
    property bool whole: false

    readonly property bool more: stacked && flick.contentHeight - flick.contentY > flick.height + 2
    readonly property real leftWidth: stacked ? width : Math.round((width - Theme.gap) * share)
    readonly property real rightWidth: stacked ? width : width - Theme.gap - leftWidth
    readonly property real below: hasSecond ? Theme.gap + secondCard.implicitHeight : 0
    readonly property bool overflows: stacked && firstHeight + below > height
    readonly property real actionHeight: hasActions ? actionRow.implicitHeight + Theme.gap : overflows ? Theme.target + Theme.gap : 0
    readonly property real room: stacked ? height - actionHeight : height
    readonly property real firstShare: !hasSecond || (whole && overflows) ? 1 : 0.6
    readonly property real spare: Math.max(0, room - firstHeight - (whole && overflows ? Theme.gap * 2 : below))

    Flickable {
        id: flick
        width: spread.width
        height: spread.room
        contentHeight: spread.stacked ? firstCard.height + (spread.hasSecond ? Theme.gap + secondCard.height : 0) : spread.height
        interactive: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        clip: interactive

        Card {
            id: firstCard
            width: spread.leftWidth
            height: !spread.stacked ? spread.height : spread.firstHeight + spread.spare * spread.firstShare
        }
        Card {
            id: secondCard
            visible: spread.hasSecond
            x: spread.stacked ? 0 : spread.leftWidth + Theme.gap
            y: spread.stacked ? firstCard.height + Theme.gap : 0
            width: spread.rightWidth
            height: spread.stacked ? implicitHeight + spread.spare * (1 - spread.firstShare) : spread.height - spread.actionHeight
            color: spread.plainSecond ? "transparent" : Theme.card
            inset: spread.plainSecond ? 0 : Theme.inset
        }
        Behavior on contentY {
            enabled: !flick.moving
            NumberAnimation {
                duration: Theme.turn
            }
        }
    }
    GridLayout {
        id: actionRow
        visible: spread.hasActions
        x: spread.stacked ? 0 : spread.leftWidth + Theme.gap
        y: spread.height - height
        width: spread.rightWidth - (spread.more ? Theme.target + Theme.gap : 0)
        columns: spread.stacked && !(Theme.large && Theme.portrait) ? 3 : 1
        rowSpacing: Theme.px(16)
        columnSpacing: Theme.gap
    }
    BigButton {
        objectName: "more"
        sign: spread.hasActions ? "down" : ""
        text: spread.moreName
        visible: spread.more || (spread.overflows && !spread.hasActions)
        enabled: spread.more
        x: spread.width - width
        y: spread.height - height
        width: spread.hasActions ? Theme.target : spread.width
        onClicked: flick.contentY = Math.min(flick.contentHeight - flick.height, spread.next())
    }

    function next(): real {
        return flick.contentY < secondCard.y - 2 && secondCard.y <= flick.contentY + flick.height ? secondCard.y : flick.contentY + flick.height * 0.8;
    }
}
