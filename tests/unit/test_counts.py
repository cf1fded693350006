"""Numbers of a release told in ways in which another number of the text is nearer at hand."""

from __future__ import annotations

import pytest

from matching.matcher import PackMatcher, load_matcher


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


@pytest.mark.parametrize(
    ("title", "body", "lang", "released"),
    [
        # among those freed, a few are a part
        ("Minsk frees 52 people", "Among those released six Lithuanians, says Vilnius.", "en", 52),
        ("Минск отпустил 52 человека", "Среди вывезенных шестеро литовцев.", "ru", 52),
        ("Мінськ відпустив 52 людей", "Серед звільнених троє поляків.", "uk", 52),
        # our own citizens are a part
        ("Du mūsų piliečiai grįžta iš Baltarusijos", "Iš viso sieną kirto 52 paleisti asmenys.", "lt", 52),
        ("Deux compatriotes rentrent du Bélarus", "Au total, 52 prisonniers ont été libérés.", "fr", 52),
        # what a decree covers is the whole
        ("Loukachenko gracie dix « extrémistes »", "Le décret concerne seize condamnés.", "fr", 16),
        ("Лукашенко помиловал десять женщин", "Указ касается шестнадцати осуждённых.", "ru", 16),
        ("Lukaschenko begnadigt zehn Frauen", "Der Erlass betrifft sechzehn Verurteilte.", "de", 16),
        # with her, so many others
        ("Марфа Рабкова вышла на свободу", "С ней освободили ещё 249 человек.", "ru", 250),
        ("Maria Kolesnikova è libera", "Con lei altre 113 persone rilasciate dalla Bielorussia.", "it", 114),
        # those who stay and those who go
        ("Білорусь: двісті тридцять лишаються, двадцятеро їдуть", "Усіх помилували.", "uk", 250),
        ("Беларусь памілавала вязняў: 230 застаюцца дома, 20 едуць у Вільню", "", "be", 250),
        # so many of those freed are a part, also where they stay in the country
        ("235 of the 250 pardoned will stay in Belarus", "Only fifteen people left the country.", "en", 250),
        ("Эйсмонт: 235 из 250 помилованных остаются дома", "Уезжают пятнадцать.", "ru", 250),
        ("215 з 250 памілаваных застаюцца дома", "Пра гэта заявіла прэс-сакратар Лукашэнкі.", "be", 250),
        ("235 der 250 Begnadigten bleiben in Belarus", "Nur fünfzehn verließen das Land.", "de", 250),
        ("235 iš 250 malonę gavusių kalinių lieka Baltarusijoje", "Į Vilnių atvyko tik penkiolika.", "lt", 250),
        # what moves is told before the number; six of one nation are a part
        ("Six Lithuanians home as convoy of 52 pulls up in Vilnius", "Belarus let the prisoners go.", "en", 52),
        ("Шестеро литовцев дома: автобус с 52 бывшими заключёнными приехал в Вильнюс", "", "ru", 52),
        # one came in an exchange
        ("Andrzej Poczobut, the reporter who would not beg", "He reached Poland in a prisoner swap.", "en", 1),
        # what is counted with the releases before
        ("Лукашенко помиловал 123 человек, а всего в Минске насчитали 156", "", "ru", 123),
        ("Łukaszenka ułaskawił 123 osoby, a łącznie Mińsk doliczył się 156", "", "pl", 123),
        ("Lukaschenko begnadigt 123 Menschen, insgesamt zählt Minsk 156", "", "de", 123),
        ("Minsk frees six Poles, 52 people in all", "They are in Vilnius.", "en", 52),
        # a list of so many names
        ("Lista ułaskawionych liczy 250 nazwisk", "Łukaszenka podpisał dekret po rozmowach z USA.", "pl", 250),
        # number words in their cases
        ("Беларусь: Лосік на волі разам з пяцідзесяццю двума вязнямі", "", "be", 52),
        ("Minister wita w Wilnie zwolnionych: jest cała czternastka", "Przyjechali z Białorusi.", "pl", 14),
    ],
)  # fmt: skip
def test_the_whole_is_taken_and_not_what_stands_nearer(
    matcher: PackMatcher, title: str, body: str, lang: str, released: int
) -> None:
    assert matcher.analyse(title, body, lang=lang).facts.released == released


@pytest.mark.parametrize(
    ("title", "body", "lang", "released"),
    [
        ("Belarus pardons ten prisoners", "230 stay behind bars, 20 more were jailed this week.", "en", 10),
        ("Лукашенко помиловал десять женщин", "Двое дипломатов поехали встречать их в Гомель.", "ru", 10),
        ("Łukaszenka ułaskawił 25 osób", "Dwoje obywateli Litwy jedzie do Wilna.", "pl", 25),
        ("Lukašenka suteikė malonę 16 žmonių", "Tarp jų trys mūsų piliečiai.", "lt", 16),
    ],
)  # fmt: skip
def test_numbers_of_others_are_not_taken(matcher: PackMatcher, title: str, body: str, lang: str, released: int) -> None:
    assert matcher.analyse(title, body, lang=lang).facts.released == released


@pytest.mark.parametrize(
    ("title", "body", "lang", "released"),
    [
        # one without a name beside those named
        ("Kuznečykas Vilniuje", "Iš Baltarusijos išleista Alena Maušuk ir amerikietis.", "lt", 3),
        # who is meant by "them" stands in the title
        ("Бабарико и Знак на свободе", "Их вывезли из Беларуси вместе со ста двенадцатью другими.", "ru", 114),
        # with more than so many still held: nobody else is free
        ("Ziankovich leaves Belarus prison", "His release comes with more than 1,300 people still jailed.", "en", 1),
        # a term served is no number of people
        ("Зянковіч адседзеў чатыры з адзінаццаці", "Яго вызвалілі з магілёўскай калоніі.", "be", 1),
        # whom an earlier refusal no longer keeps
        ("Były kandydat opuścił kolonię", "Mikoła Statkiewicz we wrześniu nie zgodził się na wyjazd.", "pl", 1),
        # the remaining ones of those freed are free
        ("Statkiewicz zawrócił", "Pozostali uwolnieni z pięćdziesięciu dwóch dojechali do Wilna.", "pl", 52),
        # who will not be behind bars is free
        ("Жіноче свято за ґратами не зустрінуть вісімнадцятеро", "Є указ Лукашенка про помилування.", "uk", 18),
        # what may be is granted where a decree is signed
        ("Trisdešimt kalinių gali eiti namo", "Įsaką dėl malonės pasirašė A. Lukašenka.", "lt", 30),
        # "o." and "ks." are titles and end no sentence
        ("Ks. Okołotowicz i o. Juchniewicz wyszli z kolonii", "Duchownych ułaskawiono na Białorusi.", "pl", 2),
        # told of again some days later
        ("Rabkova on her first night outside", "She was one of the 250 whom Belarus freed last week.", "en", 250),
        # who else is among them: the named one is too
        ("Лойка выйшла: хто яшчэ сярод двухсот пяцідзесяці", "Беларусь памілавала вязняў.", "be", 250),
        # told in two clauses, one with a country
        ("Belarus: fifteen reach Vilnius, 235 go home", "All were pardoned.", "en", 250),
    ],
)  # fmt: skip
def test_those_who_are_not_counted_by_one_number(
    matcher: PackMatcher, title: str, body: str, lang: str, released: int
) -> None:
    assert matcher.analyse(title, body, lang=lang).facts.released == released


@pytest.mark.parametrize(
    ("title", "body", "lang"),
    [
        # some among those freed, whom nobody counts
        ("Seven Lithuanians among the freed, Vilnius confirms", "Belarus released political prisoners.", "en"),
        ("Unter den Freigelassenen sind sieben Litauer", "Belarus hat politische Häftlinge freigelassen.", "de"),
        ("Wśród uwolnionych jest trzech Polaków", "Białoruś wypuściła w czwartek więźniów politycznych.", "pl"),
        # what an envoy has done before he is appointed
        ("Trump macht John Coale zum Sondergesandten für Belarus", "Hundert Häftlinge hat er schon befreit.", "de"),
        ("Trump fait de John Coale son envoyé spécial au Bélarus", "Cent prisonniers ont été libérés.", "fr"),
        # who sat down between the borders
        ("Статкевич сел на нейтральной полосе", "Автобус с освобождёнными ушёл без него.", "ru"),
        ("Statkewitsch blieb im Niemandsland sitzen", "Der Bus mit den Freigelassenen fuhr weiter.", "de"),
        # a family is no seven
        ("Лосик дома у семьи", "Блогера освободили вместе с другими политзаключёнными.", "ru"),
        ("Беларусь отпустила политзаключённых", "Многие впервые за годы увидели семью.", "ru"),
    ],
)  # fmt: skip
def test_nobody_is_counted(matcher: PackMatcher, title: str, body: str, lang: str) -> None:
    assert matcher.analyse(title, body, lang=lang).facts.released is None


def test_seven_with_a_word_before_it_is_a_number_in_russian(matcher: PackMatcher) -> None:
    found = matcher.analyse("Лосик на свободе вместе с семью другими политзаключёнными", "Их вывезли.", lang="ru")
    assert found.facts.released == 8


@pytest.mark.parametrize(
    ("title", "body", "lang", "person"),
    [
        ("Cichanouska dziękuje Kelloggowi. Jej mąż jest wolny", "Białoruś wypuściła 14 więźniów.", "pl", True),
        ("„Frei“ – Tichanowskaja dankt", "Nun stand ihr Mann in Vilnius, entlassen aus Belarus.", "de", True),
        ("Tichanowskaja dankt", "Kolesnikowas Schwester und ihr Mann sind in Vilnius.", "de", False),
    ],
)  # fmt: skip
def test_her_husband_is_hers_who_was_named_before(
    matcher: PackMatcher, title: str, body: str, lang: str, person: bool
) -> None:
    facts = matcher.analyse(title, body, lang=lang).facts
    assert ("Siarhei Tsikhanouski" in facts.people) == person


@pytest.mark.parametrize("name", ["Kuzniaczyk", "Kuźniaczyk", "Kuznieczyk"])
def test_a_polish_spelling_is_known_in_company(matcher: PackMatcher, name: str) -> None:
    found = matcher.analyse(f"{name} i Mauszuk są już w Wilnie", "Białoruś wypuściła więźniów politycznych.", lang="pl")
    assert "Andrei Kuznechyk" in found.facts.people
