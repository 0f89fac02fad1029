"""Words of other languages for layers, arguments and inputs, as they are called here."""

from __future__ import annotations

import re
from functools import cache

from cnncalc.language.text.synonyms import ARGUMENTS, LAYERS

# German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Ukrainian, Turkish; without accents.
WORDS = {
    " the network takes ": "das (?:netz(?:werk)?|modell) (?:bekommt|erhaelt|nimmt)|"
                           "(?:le|mon|notre) (?:reseau|modele) (?:prend|recoit)(?: en entree)?|"
                           "(?:la|mi|nuestra) red (?:recibe|toma)(?: como entrada)?|(?:la|una) rete (?:prende|"
                           "riceve)",
    "input ": "eingabe(?:bild)?|eingang|entree|image d'entree|entrada|imagen de entrada|ingresso|invoer|wejscie|"
              "вход(?:ное изображение)?|вхід|giris|"
    "eingabeschicht|couche d'entree|capa de entrada|camada de entrada",
    "output": "ausgabe(?:schicht)?|ausgang|sortie|couche de sortie|salida|capa de salida|saida|uscita|uitvoer|"
              "wyjscie|выход(?:ной слой)?|вихід|cikis",
    " conv ": "faltung(?:s(?:schicht|layer))?|convolucion(?:al)?|convolucao|convolucional|convoluzion(?:e|ale)|"
              "convolutie|splot|"
    "konwolucja|(?:слой )?сверт(?:ка|очный слой|очный)|конволюция|згортка|evrisim(?:li)?|convolutionnelle|"
    "konvolution|capa convolucional|"
    "warstwa splotowa|coup? de convolution|convolutiva",
    " maxpool ": "(?:max|maximum)[- ]?(?:pooling(?:[- ]schicht)?|бассейн)|max[- ]?пулинг|(?:agrupacion|"
    "agrupamiento) (?:maxim[ao]|"
                 "max)|pooling max(?:imo|imal)?|"
    "(?:макс(?:имальн\\w+)?|max)[- ]?(?:пулинг|объединение|подвыборка)|субдискретизация|sous-echantillonnage max|"
    "maximales pooling",
    " avgpool ": "mittelwert[- ]?pooling|(?:agrupacion|pooling) (?:promedio|media|moyen)|средн\\w+ пулинг|"
                 "pooling medio|pooling moyen",
    " gap ": "globales? (?:mittelwert|durchschnitts?|average)[- ]?pooling|(?:agrupacion|"
             "pooling) (?:global(?:e)?) (?:promedio|moyen|media|medio)|"
    "(?:pooling|agrupacion) (?:promedio|moyen|medio|media) globale?|глобальн\\w+ (?:средн\\w+|усредн\\w+) (?:пулинг|"
    "объединение)",
    " pool ": "пулинг|agrupacion|agrupamiento|agregacao|buendelung|havuzlama|пулінг|sous-echantillonnage",
    " how many parameters ": "combien de parametres (?:a|y a-t-il dans|possede|pour)?|"
                             "nombre de parametres(?: d'| de la | de )?|"
                             "cuantos parametros (?:tiene|hay en)|numero de parametros(?: de)?|quantos parametros tem|"
                             "quanti parametri ha|wie viele parameter (?:hat|besitzt)|anzahl der parameter|"
                             "сколько параметров (?:имеет|у|в)?|число параметров|ile parametrow ma",
    " what is the output size ": "(?:quelle est )?la taille de (?:la )?sortie|"
                                 "(?:cual es )?(?:el tamano|la dimension) de (?:la )?salida|"
                                 "(?:qual e )?(?:la dimensione|o tamanho) d(?:ell'uscita|a saida)|"
                                 "(?:was ist )?die (?:ausgabegroesse|groesse der ausgabe)|(?:каков )?размер выхода",
    " on ": "sur|sobre|auf|bei|на|su",
    " linear ": "vollverbunden(?:e)?(?: schicht)?|vollstaendig verbunden|dicht(?:e schicht)?|voll verbunden\\w*|"
                "(?:entierement|completement) connectee?|"
    "(?:totalmente|completamente) (?:conectad[ao]|conness[ao])|densa|(?:capa|couche|camada) dense?a?|"
    "полносвязн(?:ый|ая|ое)(?: слой)?|линейный(?: слой)?|плотный слой|повнозв'язний|volledig verbonden|"
    "tam baglantili|gesta|w pelni polaczona|lineaire|lineal",
    " flatten ": "abflachen|flach(?:machen)?|aplatir|aplatissement|aplanar|aplanado|achatar|appiattire|"
                 "appiattimento|выпрямление|разворачивание|"
    "плоский слой|вытянуть|duzlestirme|splaszczenie|afvlakken",
    " bn ": "batch[- ]?normalisierung|normalisation par lots?|normalizacion por lotes?|normalizacao (?:em|"
            "por) lotes?|пакетная нормализация|"
    "нормализация(?: по)? (?:батч\\w*|пакет\\w*)|батч-?норм(?:ализация)?|normalizzazione batch",
    " dropout ": "abandon|дропаут|descarte|desercion",
    " relu ": "релу",
    " softmax ": "софтмакс",
    " the network has ": "(?:das|mein|unser) (?:netz(?:werk)?|modell) (?:hat|besteht aus|enthaelt)|"
                         "(?:le|mon|notre) (?:reseau|modele) (?:a|comprend|contient|se compose de)|"
                         "(?:la|mi|nuestra) red (?:tiene|consta de|contiene)|el modelo (?:tiene|consta de)|"
                         "(?:la|una) rete (?:ha|contiene)|(?:a|minha) rede (?:tem|possui)|сеть (?:имеет|состоит из)",
    " RGB image ": "farbbild(?:er)?",
    " grayscale image ": "(?:graustufen|grau)bild(?:er)?",
    " grayscale ": "graustufen|(?:en )?niveaux de gris|(?:en )?escala de grises|(?:in )?scala di grigi",
    " then ": "dann|danach|anschliessend|puis|ensuite|luego|despues|poi|depois|затем",
    " pixels ": "pixeln",
    " filters ": "filtern|filtres?|filtros?|filtri|фильтр(?:ов|а|ы)?|filtreler|filtre|filtrow|kanaele?n?|canaux|"
                 "canales|canais|канал(?:ов|а|ы)?",
    " units ": "sorties|salidas|saidas|uscite|ausgaengen?|выход(?:ов|а|ами)|"
    "neuronen|neurones|neuronas?|neuronios?|нейрон(?:ов|а|ы)?|einheiten|unites|unidades|unita|neuroni|"
               "neuronow",
    " kernel ": "kern(?:groesse|el)?|noyau|nucleo|kernelgroesse|ядр[оа]|размер ядра|taille du noyau|taille noyau|"
                "tamano (?:de |del )?(?:kernel|nucleo)|cekirdek",
    " stride ": "schrittweite|schritt|pas|paso|passo|шаг(?:ом)?|krok|adim",
    " padding 0 ": "(?:ohne|sans|sin|sem|senza|без|zonder|bez) (?:padding|pad|auffuellung|remplissage|relleno|"
                   "паддинга|отступа|dopelnienia)|패딩 없음|无填充",
    " no bias ": "(?:ohne|sans|sin|sem|senza|без) (?:bias|biais|sesgo|смещения)",
    " padding ": "auffuellung|rand|remplissage|relleno|preenchimento|отступ(?:ом)?|паддинг(?:ом)?|дополнение|dolgu|"
                 "riempimento",
    " and ": "und|et|y|и",
    " activation ": "aktivierung|activacion|ativacao|активация|attivazione",
    " ": "schicht|couche|capa|camada|strato|слой|warstwa|laag|mit|avec|con|com|der groesse|de taille|de tamano|"
         "размера?|с|von|de|du|ein|eine[nrs]?|une?|una|des|por|taille|groesse",
}  # fmt: skip
_PLAIN = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ê": "e", "à": "a", "â": "a", "ç": "c", "ñ": "n",
    "ó": "o", "í": "i", "á": "a", "ú": "u", "ã": "a", "õ": "o", "ô": "o", "ë": "e", "ł": "l",
    "ś": "s", "ą": "a", "ę": "e",
    "ż": "z", "ş": "s", "ğ": "g", "ı": "i", "ё": "е", "É": "E", "Ä": "Ae", "Ü": "Ue", "Ö": "Oe", "Ё": "Е", "È": "E",
})  # fmt: skip


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"(?i)(?<![\w-])(?:{words})(?![\w-])"), own) for own, words in WORDS.items()]


def european(text: str) -> str:
    """The text with European words for layers as they are called here; as it is where it has none."""
    plain = text.translate(_PLAIN)
    known = [own for pattern, own in _patterns()[:-1] if pattern.search(plain)]
    english = {" dropout ", " kernel ", " relu ", " and ", *([" maxpool "] if plain.isascii() else [])}  # "max pooling"
    if not known or set(known) <= english:
        return text
    for pattern, own in _patterns():
        plain = pattern.sub(own, plain)
    plain = re.sub(r"[ \t]{2,}", " ", plain)
    return re.sub(r"(?i)\bon (\d+) filters\b(?! of)", r"on \1 input channels", plain)


_SIZE_IN = re.compile(
    r"(?:输入|輸入|입력|入力)\s*(?:维度|維度|尺寸|大小|차원|크기|次元|サイズ)(?:为|為|是|가|이|は)?\s*(?=\d)"
)
_SIZE_WITHIN = re.compile(
    r"(?:隐藏层|隱藏層|隐藏单元|隐藏|은닉층?|隠れ層)\s*(?:维度|維度|大小|单元|크기|차원|サイズ)?(?:为|為|是|가|이|は)?\s*(?=\d)"
)
_ASKED = re.compile(
    r"(?P<out>(?:의\s*)?출력\s*(?:크기|형태|사이즈)(?:는|은)?(?:\s*얼마\w*)?|输出(?:的)?(?:尺寸|大小|形状)(?:是)?(?:多少|什么)?|"
    r"輸出(?:的)?(?:尺寸|大小|形狀)(?:是)?(?:多少|什麼)?|出力(?:の)?(?:サイズ|形状)は(?:いくつ|何)?(?:ですか)?)|"
    r"(?:의\s*)?(?:파라미터|매개변수|가중치)\s*(?:의\s*)?(?:수|개수|갯수)?(?:는|은|가)?(?:\s*(?:몇\s*개|얼마)\w*)?|"
    r"(?:有多少(?:个)?)?参数(?:数量|量|个数)?(?:是|有)?(?:多少)?|(?:有多少(?:個)?)?參數(?:數量|量)?(?:是|有)?(?:多少)?|"
    r"パラメータ[ー]?(?:の)?数?は?(?:いくつ|何個)?(?:ですか)?"
)


def in_english(text: str) -> str:
    """The text with the names of layers and arguments in other languages as they are called here."""
    text = european(text)
    if text.isascii():
        return text
    text = re.sub(r"(?<=\dx\d)\s*(?:卷积核|卷積核)", " kernels ", text)
    text = re.sub(
        r"(?:网络|網絡|模型|네트워크|모델|ネットワーク|モデル)(?:의|的|の|は|는|은)?\s*(?=输入|輸入|입력|入力)",
        " ",
        text,
    )
    names = {word: own for word, own in LAYERS.items() if not word.isascii()}
    names |= {word: meant[0] for word, meant in ARGUMENTS.items() if not word.isascii()}
    names |= dict.fromkeys(("풀링", "池化", "プーリング"), "pool") | dict.fromkeys(
        ("입력", "输入", "輸入", "入力"), "input "
    )
    text = _SIZE_IN.sub(" input size ", _SIZE_WITHIN.sub(" hidden size ", text))
    text = re.sub(r"(\d+)\s*(?:채널|通道|チャンネル)(?:의|的|の)?\s*(?=\d+x\d+)", r"\1 channel ", text)
    text = re.sub(r"입력은\s*", "input ", text)
    text = re.sub(r"이고\s*", ", ", re.sub(r"그\s*다음(?:에)?", " then ", text))
    text = _ASKED.sub(lambda m: f" {'what is the output size' if m['out'] else 'how many parameters'} ", text)
    text = re.sub(
        r"(?:입력|输入|輸入|入力)\s*(?:채널|通道|チャンネル|チャネル)(?:수|数|數)?\s*(?:가|이|为|為|是|は|が)?\s*(\d+)(?!\d|\s*x)\s*(?:개|個|个)?"
        r"(?:일\s*때|의|时|時)?",
        r" on \1 input channels ",
        text,
    )
    text = re.sub(
        r"(?:필터|滤波器|濾波器|フィルタ[ー]?|卷积核|卷積核)(?:수|数|數)?\s*(?:가|이|为|為|是|は|が)?\s*(\d+)(?!\d|\s*x)\s*(?:개|個|个)?(?:인|의)?",
        r" \1 filters ",
        text,
    )
    for word in sorted(names, key=len, reverse=True):
        text = re.sub(rf"{r'[ ]?'.join(word)}(?:[ ]?(?:계층|층|层|層))?", f" {names[word]} ", text)
    text = re.sub(r"。\s*$", "", text).replace("。", "\n")
    text = re.sub(r"(?<=input )\s*[は는은]|(?<=[\w)])の(?=[\s\w(])|\sの(?=\s)", " ", text)
    text = re.sub(r"画像|图像|圖像|이미지", " image ", text)
    text = text.replace("：", ": ").replace("，", ", ").replace("、", ", ")
    text = re.sub(r"(?<=\d)\s*(?:개|個|个|つ|채널|通道|유닛|뉴런|픽셀)(?:의|の|的)?", " ", text)
    return re.sub(r"[ \t]{2,}", " ", text)
