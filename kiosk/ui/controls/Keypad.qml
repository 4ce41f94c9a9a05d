// Our own ten digits, laid out as on a phone.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Layouts

GridLayout {
    id: pad

    property string eraseName: ""
    property bool locked: false
    signal digit(string value)
    signal erased

    columns: 3
    rowSpacing: Theme.px(16)
    columnSpacing: Theme.px(16)
    uniformCellWidths: true
    uniformCellHeights: true

    Repeater {
        model: ["1", "2", "3", "4", "5", "6", "7", "8", "9"]

        BigButton {
            required property string modelData
            objectName: "digit" + modelData
            text: modelData
            size: Theme.px(48)
            enabled: !pad.locked
            faint: pad.locked
            Layout.fillWidth: true
            Layout.fillHeight: true
            onClicked: pad.digit(modelData)
        }
    }
    Item {
        Layout.fillWidth: true
    }
    BigButton {
        objectName: "digit0"
        text: "0"
        size: Theme.px(48)
        enabled: !pad.locked
        faint: pad.locked
        Layout.fillWidth: true
        Layout.fillHeight: true
        onClicked: pad.digit("0")
    }
    BigButton {
        objectName: "erase"
        sign: "erase"
        enabled: !pad.locked
        faint: pad.locked
        Accessible.name: pad.eraseName
        Layout.fillWidth: true
        Layout.fillHeight: true
        onClicked: pad.erased()
    }
}
