// The station's glass: which post, one page, and where to get help. It shows finished texts and sends intents.
import QtQuick
import QtQuick.Window
import "../controls"

Window {
    id: glass

    required property var station
    property bool night: false
    property bool motion: true
    property real textScale: 1
    readonly property var files: ({
            "tiles": "TilesPage.qml",
            "ready": "ReadyPage.qml",
            "hold": "HoldPage.qml",
            "terms": "TermsPage.qml",
            "pay": "PayPage.qml",
            "notice": "NoticePage.qml",
            "charging": "ChargingPage.qml",
            "code": "CodePage.qml",
            "summary": "SummaryPage.qml"
        })

    color: Theme.paper
    title: station.header.title

    function turn() {
        pages.setSource(files[station.page], {
            "station": station
        });
    }

    Component.onCompleted: turn()

    Connections {
        target: glass.station
        function onPage_changed() {
            glass.turn();
            slide.restart();
        }
        function onScene_changed() {
            pages.enabled = false;
            settle.restart();
        }
    }
    // The second tap of a double tap must not land on what the first one opened.
    Timer {
        id: settle
        interval: 350
        onTriggered: pages.enabled = true
    }
    Binding {
        target: Theme
        property: "panelWidth"
        value: glass.width
    }
    Binding {
        target: Theme
        property: "panelHeight"
        value: glass.height
    }
    Binding {
        target: Theme
        property: "night"
        value: glass.night
    }
    Binding {
        target: Theme
        property: "motion"
        value: glass.motion
    }
    Binding {
        target: Theme
        property: "textScale"
        value: glass.textScale
    }
    Header {
        id: header
        station: glass.station
        width: parent.width
    }
    Loader {
        id: pages
        x: Theme.margin
        y: header.height
        width: parent.width - 2 * Theme.margin
        height: parent.height - header.height - footer.height
    }
    Footer {
        id: footer
        station: glass.station
        width: parent.width
        anchors.bottom: parent.bottom
    }
    // Moved, and not faded: drawn by software, half-transparent text takes more than twice as long.
    NumberAnimation {
        id: slide
        target: pages
        property: "x"
        from: Theme.margin + Theme.px(glass.station.forward ? 48 : -48)
        to: Theme.margin
        duration: Theme.turn
        easing.type: Easing.OutCubic
        onFinished: pages.x = Qt.binding(() => Theme.margin)
    }
    Item {
        anchors.fill: parent
        PointHandler {
            onActiveChanged: if (active && !glass.station.dimmed)
                glass.station.touched()
        }
    }
    Rectangle {
        anchors.fill: parent
        color: "#000000"
        opacity: 0.72
        visible: glass.station.dimmed

        MouseArea {
            objectName: "wake"
            anchors.fill: parent
            Accessible.role: Accessible.Button
            Accessible.name: glass.station.wake_text
            Accessible.onPressAction: glass.station.wake()
            onReleased: glass.station.wake()
            onCanceled: glass.station.wake()
        }
    }
}
