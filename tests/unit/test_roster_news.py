"""Persons of the roster in the news of many years and languages, and words and namesakes that are not they."""

import pytest

from matching.lexicon import Lexicon, load_lexicon
from matching.text import read_passage

NAMED = [
    ("lv", "Sergeja Cihanouska atbrīvošana", "tsikhanouski"),
    ("pl", "Cichanouski i Cichanouska w Wilnie", "tsikhanouski tsikhanouskaya"),
    ("en", "Belarus frees activist Andrei Kim and trader Siarhei Parsiukevich", "kim parsiukevich"),
    ("ru", "Из колонии вышли Андрей Ким и Сергей Парсюкевич", "kim parsiukevich"),
    ("pl", "Białoruś: Andrej Kim i Siarhiej Parsiukiewicz na wolności", "kim parsiukevich"),
    ("de", "Lukaschenko begnadigt den Anwalt Emanuel Zeltser", "zeltser lukashenka"),
    ("be", "Эмануэля Зельцэра памілавалі", "zeltser"),
    ("fr", "Libéré, Andreï Sannikov a quitté la colonie de Vitsebsk", "sannikau"),
    ("lt", "Andrejus Sannikovas paleistas iš kalėjimo", "sannikau"),
    ("uk", "Помилувано Дмитра Усса, кандидата на виборах 2010 року", "uss"),
    ("ru", "Лукашенко помиловал Дмитрия Усса", "uss lukashenka"),
    ("be", "Уладзімір Някляеў сустрэў на вакзале Сяргея Каваленку", "niakliaeu kavalenka"),
    ("cs", "Básník Uladzimir Njakljajev byl propuštěn z vazby KGB", "niakliaeu"),
    ("lv", "No cietuma iznācis Eduards Lobovs", "lobau"),
    ("ru", "Никита Лиховид и Александр Атрощенков освобождены", "likhavid atroshchankau"),
    ("pl", "Wasil Parfiankou wyszedł z kolonii w Horkach", "parfiankou"),
    ("en", "Uladzimir Asipenka, tried with Autukhovich, is out", "asipenka autukhovich"),
    ("uk", "Звільнено підприємців Автуховича та Леонова", "autukhovich leonau"),
    ("ru", "Антон Суряпин, снявший плюшевых медведей, вышел из СИЗО КГБ", "surapin"),
    ("be", "Артур Фінькевіч на волі", "finkevich"),
    ("sv", "Dzmitryj Rabtsevitj från Pandadoc har släppts", "rabtsevich"),
    ("en", "Press Club: Yulia and Piotr Slutski pardoned", "slutski_piotr"),
    ("ru", "Пётр Слуцкий и Алла Шарко помилованы", "slutski_piotr sharko"),
    ("uk", "Павла Шаройка передали українській стороні", "sharoiko"),
    ("uk", "Марія Місюк повернулася з білоруської колонії", "misiuk"),
    ("ru", "Среди возвращённых украинцев Людмила Гончаренко и Наталья Захаренко", "hancharenka zakharanka"),
    ("be", "Музыкі гурта Tor Band Дзмітрый Галавач, Яўген Бурло і Андрэй Ярэмчык", "halavach burlo yaremchyk"),
    ("de", "Der Historiker Ihar Melnikau ist frei", "melnikau_ihar"),
    ("pl", "Tomasz Bereza i Jerzy Żywolewski wrócili z białoruskich łagrów", "bereza zywolewski"),
    ("es", "Excarcelado el bloguero Uladzimir Niaronski de Slutsk, en Bielorrusia", "niaronski"),
    ("lt", "Žmona Aksana Pačobut: Andžejus Pačobutas namuose", "pachobut_aksana poczobut"),
    ("ru", "Алина Стефанович: мужа, Валентина Стефановича, отпустили", "stefanovich_alina stefanovich"),
    ("be", "Касьцюсёў дома", "kastusiou"),
    ("be", "Наста Палажанка чакала мужа", "dashkevich_nasta"),
    ("it", "Papa Francesco ringrazia Minsk", "francis"),
    ("ro", "Papa Leon XIV și nunțiul Ante Jozić", "leo jozic"),
]
NOT_NAMED = [
    ("en", "US eases sanctions on Belarus", "uss"),
    ("en", "Kim Samusenka came home to Belarus", "kim"),
    ("en", "Kim Jong Un writes to Belarus", "kim"),
    ("en", "Sarah Smith reports from Minsk on Belarus", "sharakh"),
    ("ru", "Слуцкий районный суд Беларуси огласил приговор", "slutski_piotr"),
    ("ru", "Рыбалка на озёрах Беларуси", "rybalka"),
    ("ru", "Леонид Слуцкий посетил Беларусь", "slutski_piotr"),
    ("be", "Комара ў Беларусі менее, чым летась", "komar"),
    ("be", "Бычак і карова: навіны Беларусі", "bychak"),
    ("uk", "Владімір Коваленко захворів у Білорусі", "kavalenka"),
    ("pl", "Bereza to miasto na Białorusi", "bereza"),
    ("cs", "František odešel z Běloruska", "francis"),
    ("ru", "Северинец, Ольга Горбунова и Анна Канопацкая в Беларуси", "seviarynets_volha"),
    ("uk", "Петро Марченко з Полтави", "marchanka_yulia"),
    ("ru", "Лосик, Дарья Чульцова и другие вышли из колонии", "losik_daria"),
    ("ru", "Лукашенко помиловал Дмитрия Козлова", "lukashenka_dzmitry"),
    ("be", "Лукашэнка: Віктар Бабарыка прасіў сам", "lukashenka_viktar"),
    ("de", "Kent und Moore in Belarus", "kent"),
    ("pl", "Cichanouska podziękowała Trumpowi", "tsikhanouski"),
    ("uk", "Ціхановська подякувала, Ціхановській подякували", "tsikhanouski"),
    ("bg", "Тихановска благодари на Тръмп", "tsikhanouski"),
    ("cs", "Cichanouská v Praze", "tsikhanouski"),
    ("lv", "Cihanouska Rīgā", "tsikhanouski"),
]


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    return load_lexicon()


def _people(lexicon: Lexicon, text: str) -> set[str]:
    found = lexicon.find(read_passage(text, "title"), context=True)
    return {item.person for item in found if item.concept.startswith("person.")}


@pytest.mark.parametrize(("text", "people"), [row[1:] for row in NAMED])
def test_somebody_in_the_news_is_known(shipped: Lexicon, text: str, people: str) -> None:
    assert set(people.split()) <= _people(shipped, text)


@pytest.mark.parametrize(("text", "person"), [row[1:] for row in NOT_NAMED])
def test_a_word_or_a_namesake_is_nobody_of_the_roster(shipped: Lexicon, text: str, person: str) -> None:
    assert person not in _people(shipped, text)
