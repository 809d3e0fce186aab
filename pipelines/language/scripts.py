"""In which script a text is written; for many scripts that already names the language."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

import msgspec

# (first code point, last, script) of what carries letters, ISO 15924; gaps are other scripts.
_RANGES = (
    (0x0041, 0x024F, "Latn"),
    (0x0250, 0x02AF, "Latn"),
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"),
    (0x0750, 0x077F, "Arab"),
    (0x0780, 0x07BF, "Thaa"),
    (0x0870, 0x08FF, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"),
    (0x1100, 0x11FF, "Hang"),
    (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"),
    (0x1C80, 0x1C8F, "Cyrl"),
    (0x1C90, 0x1CBF, "Geor"),
    (0x1D00, 0x1DBF, "Latn"),
    (0x1E00, 0x1EFF, "Latn"),
    (0x1F00, 0x1FFF, "Grek"),
    (0x2C60, 0x2C7F, "Latn"),
    (0x2DE0, 0x2DFF, "Cyrl"),
    (0x3005, 0x3007, "Hani"),
    (0x3041, 0x309F, "Kana"),
    (0x30A0, 0x30FF, "Kana"),
    (0x3100, 0x312F, "Bopo"),
    (0x3130, 0x318F, "Hang"),
    (0x31F0, 0x31FF, "Kana"),
    (0x3400, 0x4DBF, "Hani"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xA640, 0xA69F, "Cyrl"),
    (0xA720, 0xA7FF, "Latn"),
    (0xAC00, 0xD7FF, "Hang"),
    (0xF900, 0xFAFF, "Hani"),
    (0xFB00, 0xFB06, "Latn"),
    (0xFB1D, 0xFB4F, "Hebr"),
    (0xFB50, 0xFDFF, "Arab"),
    (0xFE70, 0xFEFE, "Arab"),
    (0xFF21, 0xFF5A, "Latn"),
    (0xFF66, 0xFF9F, "Kana"),
    (0x20000, 0x323AF, "Hani"),
)
_STARTS = tuple(first for first, _, _ in _RANGES)

ALONE = {
    "Grek": "el",
    "Armn": "hy",
    "Hebr": "he",
    "Thaa": "dv",
    "Beng": "bn",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Tibt": "bo",
    "Mymr": "my",
    "Geor": "ka",
    "Ethi": "am",
    "Khmr": "km",
    "Kore": "ko",
    "Jpan": "ja",
    "Hans": "zh",
    "Hant": "zh",
    "Hani": "zh",
    "Bopo": "zh",
}
"""Scripts that name the language of a news text by themselves."""

# The commonest characters that only one of the two Chinese orthographies uses. Left out are those the other one knows
# as another word.
_SIMPLIFIED = frozenset(
    "们这国说时对会发为来个经还没关过见进长问现学实点样给让话应车书东开电业边变头条处动门间马从体应该"
    "谁请认识论议证评让难虽双与专严两个丰临举义乌乐习乡买乱争亏亚产亲亿仅仓仪价众优伤伦伟传债倾偿兴养内写军农"
    "决况减凤凭击刘则刚创别剧劝办务劳势区医华协单卖卢卫厅历压县参双叶号听员围图圆团园坏块坚坛坝坟声壳"
    "备复够夺奋奖妇妈娱孙宁宝审宪宫宽宾导寻将尔尘尝岁岂币师帅帐带帮库废异弃张弹强归录彻径总恶惊惧惨惯愿战户扑执扩扫扬护报担损换"
    "数断无旧显晓杀权极构枪标树桥检欢欧毁毕气汇汉沟泽济测浓涛润涨满灭灯灵灾炼热爱爷牺犹独狱环电疗盘监盖码砖确碍种积"
    "稳竞笔纪约级纳纵线练组细织终结绕绝统继绩续维综绿缅缓编缩网罗罚节苏药获营蓝虑补装规视观觉览触订讨训讯记讲许设访诉诊词试"
    "详语误读课调谈谢谋谎谓贝负贡财责贤败货质贩贪购贫贯贴贵贷贸费资赔赖赛赞赢赵跃践转轮软轻载较辆输达迁迈运违连迟适选递遗邓邮邻郑释铁银错键镇闭闻阅队阳阴阵阶际陆陈险随隐页顶项顺须顾顿预领频题额风飞饭馆驱验鱼鲁鸟鸡黄龙龟"
)
_TRADITIONAL = frozenset(
    "們這國說時對會發為來個經還沒關過見進長問現學實點樣給讓話應車書東開電業邊變頭條處動門間馬從體應該"
    "誰請認識論議證評讓難雖雙與專嚴兩個豐臨舉義烏樂習鄉買亂爭虧亞產親億僅倉儀價眾優傷倫偉傳債傾償興養內寫軍農"
    "決況減鳳憑擊劉則剛創別劇勸辦務勞勢區醫華協單賣盧衛廳歷壓縣參雙葉號聽員圍圖圓團園壞塊堅壇壩墳聲殼"
    "備復夠奪奮獎婦媽娛孫寧寶審憲宮寬賓導尋將爾塵嘗歲豈幣師帥帳帶幫庫廢異棄張彈強歸錄徹徑總惡驚懼慘慣願戰戶撲執擴掃揚護報擔損換"
    "數斷無舊顯曉殺權極構槍標樹橋檢歡歐毀畢氣匯漢溝澤濟測濃濤潤漲滿滅燈靈災煉熱愛爺犧猶獨獄環電療盤監蓋碼磚確礙種積"
    "穩競筆紀約級納縱線練組細織終結繞絕統繼績續維綜綠緬緩編縮網羅罰節蘇藥獲營藍慮補裝規視觀覺覽觸訂討訓訊記講許設訪訴診詞試"
    "詳語誤讀課調談謝謀謊謂貝負貢財責賢敗貨質販貪購貧貫貼貴貸貿費資賠賴賽贊贏趙躍踐轉輪軟輕載較輛輸達遷邁運違連遲適選遞遺鄧郵鄰鄭釋鐵銀錯鍵鎮閉聞閱隊陽陰陣階際陸陳險隨隱頁頂項順須顧頓預領頻題額風飛飯館驅驗魚魯鳥雞黃龍龜"
)
_EASTERN = frozenset({"Hani", "Kana", "Hang"})
_ALPHABETS = frozenset(script for _, _, script in _RANGES) - _EASTERN
_ONLY_SIMPLIFIED = _SIMPLIFIED - _TRADITIONAL
_ONLY_TRADITIONAL = _TRADITIONAL - _SIMPLIFIED


class Writing(msgspec.Struct, frozen=True):
    """How a text is written: its main script, that script's share of the letters, and how many letters it has."""

    script: str
    share: float
    letters: int


class _Scripts(dict[str, str]):
    """Letter to script, empty for what is no letter; a character is worked out when first met, then remembered."""

    def __missing__(self, character: str) -> str:
        found = script_of(character) or "Zyyy" if character.isalpha() else ""
        self[character] = found
        return found


_SCRIPT = _Scripts()
_UNKNOWN = "Zyyy"
_QUOTED = 0.6
"""What a Latin letter weighs beside another alphabet: names stay in Latin letters everywhere, hardly ever the reverse."""


def script_of(character: str) -> str:
    """The script of one character, or empty when it is outside those known."""
    index = bisect_right(_STARTS, ord(character)) - 1
    if index < 0 or ord(character) > _RANGES[index][1]:
        return ""
    return _RANGES[index][2]


def writing_of(text: str) -> Writing:
    """The main script of `text`; script empty when it has no letter of a script known here."""
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return Writing("Latn", 1.0, letters) if letters else Writing("", 0.0, 0)
    scripts = {_SCRIPT[character] for character in set(text)}
    scripts.discard("")
    if len(scripts) == 1 and not scripts.isdisjoint(_ALPHABETS):
        return Writing(scripts.pop(), 1.0, sum(map(str.isalpha, text)))
    found: dict[str, int] = {}
    han: dict[str, int] = {}
    for character, times in Counter(text).items():
        script = _SCRIPT[character]
        if script:
            found[script] = found.get(script, 0) + times
            if script == "Hani":
                han[character] = times
    letters = sum(found.values())
    if not letters:
        return Writing("", 0.0, 0)
    by_script = {
        "" if script == _UNKNOWN else script: float(times) for script, times in found.items() if script not in _EASTERN
    }
    if len(by_script) > 1 and "Latn" in by_script:
        by_script["Latn"] *= _QUOTED
    # One of these characters carries as much as two or three letters of an alphabet.
    east = 2.5 * sum(found.get(script, 0) for script in _EASTERN)
    main, weight = max(by_script.items(), key=_first_by_name, default=("", 0.0))
    total = sum(by_script.values()) + east
    if east > weight:
        main, weight = _east_asian(found, han), east
    return Writing(main, weight / total, letters)


def _first_by_name(entry: tuple[str, float]) -> tuple[float, str]:
    return (entry[1], entry[0])


def _east_asian(found: dict[str, int], han: dict[str, int]) -> str:
    kana, hangul, ideographs = (found.get(script, 0) for script in ("Kana", "Hang", "Hani"))
    if hangul > kana and hangul * 4 >= ideographs:
        return "Kore"
    # A lone decorative kana does not make a Chinese sentence Japanese.
    if kana * 20 >= kana + ideographs:
        return "Jpan"
    simplified = sum(times for character, times in han.items() if character in _ONLY_SIMPLIFIED)
    traditional = sum(times for character, times in han.items() if character in _ONLY_TRADITIONAL)
    if simplified > 3 * traditional:
        return "Hans"
    if traditional > 3 * simplified:
        return "Hant"
    return "Hani"


def only(text: str, script: str) -> str:
    """The words of `text` written in `script`; the engine should not see a name left in another one."""
    kept = (word for word in text.split() if all(_SCRIPT[character] in {"", script} for character in word))
    return " ".join(kept)
