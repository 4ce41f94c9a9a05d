// The visual language as tokens: colours of day and night, sizes that follow the panel, and motion.
pragma Singleton
import QtQuick

QtObject {
    id: theme

    property real panelWidth: 1280
    property real panelHeight: 800
    property real textScale: 1
    property bool night: false
    property bool motion: true

    readonly property bool portrait: panelHeight > panelWidth
    readonly property real unit: 0.375 + Math.min(panelWidth, panelHeight) / 1280
    readonly property bool large: textScale > 1.25
    readonly property bool stacked: portrait || large || panelWidth / unit < 1100
    readonly property bool compact: panelHeight / unit < 760
    readonly property bool tight: portrait && panelHeight / unit < 1150
    readonly property bool small: compact && stacked && !portrait

    readonly property color paper: night ? "#101917" : "#F5F3EE"
    readonly property color card: night ? "#1A2623" : "#FFFFFF"
    readonly property color ink: night ? "#F2F4F1" : "#12211F"
    readonly property color soft: night ? "#A9B8B4" : "#52625F"
    readonly property color line: night ? "#33423E" : "#DAD6CC"
    readonly property color edge: night ? "#7F918B" : "#7B8783"
    readonly property color go: night ? "#5FD3A9" : "#0B6B4F"
    readonly property color goGround: night ? "#12382C" : "#DCEBE4"
    readonly property color goText: night ? "#101917" : "#FFFFFF"
    readonly property color warn: night ? "#F2B45C" : "#9A5200"
    readonly property color warnGround: night ? "#3E2A0C" : "#F8E8D0"
    readonly property color stop: night ? "#FF8A7A" : "#A8281F"
    readonly property color stopGround: night ? "#451915" : "#F6E0DD"
    readonly property color stopText: night ? "#101917" : "#FFFFFF"
    readonly property color info: night ? "#8FBEF2" : "#1C4F86"
    readonly property color infoGround: night ? "#16304C" : "#DFE8F2"
    readonly property var tones: ({ "go": go, "warn": warn, "stop": stop, "info": info, "": ink })
    readonly property var grounds: ({ "go": goGround, "warn": warnGround, "stop": stopGround, "info": infoGround })

    readonly property string family: "Hanken Grotesk"

    readonly property real huge: px(small ? 112 : compact ? 136 : 176)
    readonly property real big: px(compact ? 64 : 84)
    readonly property real title: px(tight ? 40 : compact || portrait ? 44 : 52) * textScale
    readonly property real lead: px(compact ? 30 : 34) * textScale
    readonly property real body: px(26) * textScale
    readonly property real fine: px(20) * textScale

    readonly property real target: px(104)
    readonly property real margin: px(stacked ? 32 : 40)
    readonly property real gap: px(stacked ? 16 : 24)
    readonly property real inset: px(small ? 20 : compact || stacked ? 28 : 40)
    readonly property real radius: px(24)
    readonly property int turn: motion ? 180 : 0
    readonly property int count: motion ? 250 : 0

    function px(size: real): real {
        return Math.round(size * unit);
    }
}
