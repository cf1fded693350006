"""Words of the shipped pack are none of another language's, since nobody asks which language a text is in."""

import pytest

from matching.lexicon import Lexicon, load_lexicon
from matching.text import read_passage


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("John Coale wird Sondergesandter für Belarus", "border"),
        ("Minsk sets 52 prisoners free", "sport"),
        ("Statkevich turned back at the border", "sport"),
        ("She tore up her passport", "sport"),
        ("A. Lukašenkos ir D. Trumpo pokalbis", "sport"),
        ("A series of releases", "screen"),
        ("C'est la première libération", "screen"),
        ("Premier Tusk dziękuje", "prize"),
        ("La première étape", "prize"),
        ("Years of turmoil", "captivity"),
        ("He is back in his homeland", "place"),
        ("Fjorton fångar släpptes", "impose"),
        ("Americký vyslanec jednal v Minsku", "let_go"),
        ("Сергій уже вільний", "exile"),
        ("The peace process goes on", "sentence"),
        ("The alleged plotter is free", "lift"),
        ("Ministras atsako į klausimus", "lift"),
        ("Sejm o więźniach: apel do Sejmu", "lift"),
        ("Corée du Sud", "sentence"),
        ("Transit nach Kaliningrad", "prisoner"),
        ("Down in the dungeon", "potash"),
        ("Kali jon viernucca?", "potash"),
        ("Gėlės prie vartų", "impose"),
        ("Sunki liga", "sport"),
        ("Visas pasaulis, visą dieną", "embassy"),
        ("Graži diena", "mercy"),
        ("Raidė po raidės", "sentence"),
        ("Tai tiesa", "sentence"),
        ("Leider kein Leid", "lift"),
        ("Kalte Füße", "sentence"),
        ("Mitte Dezember", "negation"),
        ("Le 9 mai à Minsk", "negation"),
        ("They will be freed", "negation"),
        ("The winner takes it all", "sentence"),
        ("Soudain, la nuit", "sentence"),
        ("Un grand nombre de détenus", "contact"),
        ("Senator Sanders", "contact"),
        ("Un coup de stretching", "contact"),
        ("Gracié à la demande de Trump", "demand"),
        ("Trump appelle Loukachenko", "demand"),
        ("Настоящий друг", "demand"),
        ("Его вызвали в суд", "release"),
        ("Это вызвало протест", "release"),
        ("Волны репрессий", "freedom"),
        ("Как указал министр", "decree"),
        ("Ваяваў на баку Украіны", "elsewhere"),
        ("Zakładka, základní škola", "prisoner"),
        ("Priset minskade", "minsk"),
        ("La sua vita", "us"),
        ("Jedna z nich", "contact"),
        ("Prasa światowa", "demand"),
        ("Na západ", "border"),
        ("How ridiculous", "lift"),
        ("Премиерът премина", "prize"),
        ("Ученик от София", "border"),
        ("Wiosną otwarto muzeum", "viasna"),
        ("Вясной 2026 года", "viasna"),
        ("Весной начался ремонт", "viasna"),
        ("Сёлета вясна ранняя", "viasna"),
        ("Вясна прыйшла ў Мінск", "viasna"),
    ],
)
def test_a_word_of_one_language_is_no_word_of_another(lexicon: Lexicon, text: str, concept: str) -> None:
    assert concept not in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Кніга выйшла ў друк", "out"),
        ("На сцэну выйшлі зоркі", "out"),
        ("Вышел роман", "out"),
        ("La liberazione di Minsk", "release"),
        ("Освобождение Минска: 80 лет", "release"),
        ("Amnistía la considera presa de conciencia", "pardon"),
        ("Vilnius décrète l'état d'urgence", "decree"),
        ("Fourteen freed after Vatican appeal", "demand"),
        ("Девять заводов вышли из-под ограничений", "out"),
        ("Двадцать человек из белорусских тюрем: from jails of Belarus", "sentence"),
        ("Амністыя капіталу", "pardon"),
    ],
)
def test_what_only_sounds_like_it_is_not_meant(lexicon: Lexicon, text: str, concept: str) -> None:
    assert concept not in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Four years since the vlogger was seized", "anniversary"),
        ("Vor vier Jahren zerriss sie ihren Pass", "anniversary"),
        ("Пять гадоў таму ў Салігорску", "anniversary"),
        ("Mama speră să îl vadă", "hope"),
        ("Мать надеется на встречу", "hope"),
        ("Kartki można wysyłać do kolonii", "page"),
        ("Дзяржканал паказаў палітвязня", "page"),
        ("Poczobut sitzt in Nowopolozk", "sits"),
        ("Журналист вышел на свободу", "freedom"),
        ("Лісты з калоніі", "from_jail"),
        ("Блогер, вызвалены мінулай восеньню", "past"),
        ("Rok na wolności", "past"),
        ("Філармонія: зыграла на флейце", "later_life"),
        ("Auf der Bühne mit Orchester", "later_life"),
        ("Bialiatski: do not forget the rest", "rest"),
        ("Ён нагадаў пра тых, хто застаўся за кратамі", "rest"),
        ("Wymiana przy udziale Amerykanów", "american_part"),
        ("Пры пасярэдніцтве ЗША", "american_part"),
        ("Переговори через американців", "american_part"),
        ("JAV tarpininkaujant", "american_part"),
        ("Адмовіўся выязджаць", "stays"),
        ("He refused to leave", "stays"),
        ("Лідерка опозиції у Вашингтоні", "opposition"),
        ("Надзвычайнае становішча ў дачыненні да Беларусі", "sanctions"),
        ("Амерыканскі Мінфін", "ofac"),
        ("Отсидели и вышли", "freedom"),
        ("Амністыя іх не датычыць", "left_out"),
        ("Пра гэта паведаміла «Вясна»", "viasna"),
        ("Праца з «Вясной»", "viasna"),
        ("Волонтёры «Весны»", "viasna"),
        ("Звіт «Вясни»", "viasna"),
        ("Centrum Praw Człowieka „Wiasna”", "viasna"),
    ],
)
def test_what_is_remembered_hoped_printed_or_still_sits_is_told(lexicon: Lexicon, text: str, concept: str) -> None:
    assert concept in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Księża na wolności",
        "Uwolniono dwóch kapłanów",
        "Išlaisvinti du kunigai",
        "Atbrīvoti divi priesteri",
        "Kaks preestrit vabastati",
        "Zwei Priester sind frei",
        "Dva kněží jsou na svobodě",
        "Dvaja kňazi sú na slobode",
        "Двама свещеници са на свобода",
        "Doi preoți eliberați",
        "Liberati due sacerdoti",
        "Dos sacerdotes liberados",
        "Två präster fria",
        "Deux avocats libérés",
    ],
)
def test_priests_and_lawyers_are_people_in_every_language(lexicon: Lexicon, text: str) -> None:
    assert "people" in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Belarus frees twelve at Washington's request",
        "Четверо вышли из колонии под давлением Вашингтона",
        "Палітвязня выпусцілі дзякуючы высілкам Вашынгтону",
        "Звільнення п'ятьох білорусів стало результатом тиску США",
        "Dwoje uwolnionych dzięki staraniom Waszyngtonu",
        "JAV spaudimu Minskas paleido keturis kalinius",
        "Minska atbrīvo četrus ieslodzītos pēc amerikāņu lūguma",
        "Auf Drängen der Amerikaner lässt Minsk vier Häftlinge frei",
        "Quatre détenus libérés sous la pression américaine",
        "Fyra fångar fria efter amerikanska påtryckningar på Minsk",
        "Minsk propustil čtyři vězně po tlaku Američanů",
    ],
)
def test_what_americans_did_for_a_release_is_their_part(lexicon: Lexicon, text: str) -> None:
    assert "american_part" in {item.concept for item in lexicon.find(read_passage(text, "title"))}


@pytest.mark.parametrize(
    "text",
    [
        "Polish pressure keeps Minsk border crossing shut",
        "Под давлением Евросоюза Минск пересмотрел приговор",
        "Auf Bitten der Kirche begnadigt Lukaschenko einen Priester",
    ],
)
def test_what_others_did_is_not_the_americans_part(lexicon: Lexicon, text: str) -> None:
    assert "american_part" not in {item.concept for item in lexicon.find(read_passage(text, "title"))}
