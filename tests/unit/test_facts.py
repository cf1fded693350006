"""Facts of a release: every pitfall met in real headlines, and the conflicts between sources. All texts are our own."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Analysis, Facts, Level, Member
from matching.cues import pack_languages
from matching.facts import extract
from matching.lexicon import Lexicon, load_lexicon
from matching.reading import read
from matching.voting import is_counted, vote


@cache
def lexicon() -> Lexicon:
    return load_lexicon()


def facts(title: str, body: str = "", lang: str = "en") -> Facts:
    return extract(read(lexicon(), title, body, lang), lexicon())


@pytest.mark.parametrize(
    ("title", "body", "lang", "released"),
    [
        # "13 others" and somebody named are 14
        ("Belarus frees Tsikhanouski and 13 others", "", "en", 14),
        ("Tikhanovsky y otros trece, libres en Vilna", "", "es", 14),
        ("Тихановский и ещё тринадцать человек освобождены в Беларуси", "", "ru", 14),
        ("Grazia a Bialiatski e ad altri 122 in Bielorussia", "", "it", 123),
        ("Avec treize autres, Sergueï Tikhanovski a été libéré par Minsk", "", "fr", 14),
        ("Cichanouski i trzynaścioro innych na wolności", "", "pl", 14),
        # wholes and parts
        ("Lukashenko pardons 123, five Ukrainians too", "Of these, 114 went to Ukraine, nine to Lithuania.", "en", 123),
        ("Two hundred and fifty freed in Belarus", "235 stay at home, 15 were taken to Vilnius.", "en", 250),
        ("Лукашенко помиловал 15 политзаключённых", "Всего в указе 18 имён.", "ru", 18),
        ("Fifteen women, seven men pardoned in Belarus", "Twenty of the 22 were convicted of extremism.", "en", 22),
        ("Belarus lets ten foreigners and four locals go", "", "en", 14),
        ("Трое из шестнадцати: кого в Беларуси освободили по помилованию", "", "ru", 16),
        ("Рабкова среди 250 освобождённых в Беларуси", "", "ru", 250),
        ("Fünfzehn der achtzehn Begnadigten galten als politische Gefangene in Belarus", "", "de", 18),
        # parts that add up: nations, those who stay and those who go, two countries, somebody with others
        ("Five locals, three Poles, two Latvians, an Estonian and a Swede freed in Belarus", "", "en", 12),
        ("Двое литовцев, трое поляков и японец освобождены в Минске", "", "ru", 6),
        ("Siedem kobiet i czterech mężczyzn będzie w domu", "Łukaszenka podpisał ułaskawienia.", "pl", 11),
        ("Belarus pardons prisoners: 40 stayed home, 12 were taken to Lithuania", "", "en", 52),
        ("Литва приняла восьмерых, Украина — 103", "Всех вывезли из белорусских колоний.", "ru", 111),
        ("'Eleven others left with him'", "Siarhei Tsikhanouski was released in Belarus.", "en", 12),
        ("Básník, novinářka a dalších 20 lidí je na svobodě", "Bělorusko je propustilo.", "cs", 22),
        ("Of the 114 freed by Belarus, five have Ukrainian passports", "", "en", 114),
        ("Koju sai üks neljateistkümnest vabastatust, teatas Minsk", "", "et", 14),
        ("Oba księża ułaskawieni przez Łukaszenkę", "", "pl", 2),
        ("Two Germans leave Minsk", "52 men and women were freed and driven to Vilnius.", "en", 52),
        ("Zwei Deutsche im Bus aus Minsk", "Der Gesandte begleitet 52 Männer und Frauen nach Vilnius.", "de", 52),
        ("Fifteen freed in Belarus arrived in Vilnius, the other 235 go home", "", "en", 250),
        ("Sto čtrnáct na Ukrajinu, devět do Vilniusu", "Ales Bjaljacki jel s tou menší skupinou.", "cs", 123),
        # a day, papers, what is only promised
        ("Belarus: a decree for 17 September: 25 people pardoned", "", "en", 25),
        ("Ziankovich flown out", "The lawyer with two passports, was handed over by Minsk.", "en", None),
        ("Мінськ: за тиждень звільнять 40 політв'язнів", "", "uk", None),
        ("Минск: через неделю освободят 40 политзаключённых", "", "ru", None),
        ("Only 300 leave Minsk for Poland, 12 for Lithuania", "", "en", None),
        ("Three hundred stay behind bars in Belarus, 12 were freed", "", "en", 12),
        ("Minsk asked to free ten foreigners and four locals", "", "en", None),
        # earlier releases and running totals
        ("Five days after the 52, Lukashenko frees 25 more", "", "en", 25),
        ("Lukashenko frees 123 prisoners", "Minsk says 156 were let go in recent months.", "en", 123),
        ("American freed in Belarus", "In February Smith brought three other prisoners out of Minsk.", "en", 1),
        # wishes, promises, forecasts, talks
        ("Trump thanks Lukashenko for 16 releases", "They spoke of 1,300 more.", "en", 16),
        ("Up to 150 prisoners may be freed in Belarus soon", "", "en", None),
        ("Coale hopes that 1,000 more will be released in Belarus", "", "en", None),
        ("На свободе в Беларуси могут оказаться до 150 заключённых", "", "ru", None),
        ("Łukaszenka obiecał, że wypuści 1300 osób", "", "pl", None),
        # companions named by another word than "others", or by none
        ("Bialiatski and a hundred cellmates walk out in Belarus", "", "en", 101),
        ("Statkewitsch und acht Mithäftlinge aus Minsker Lager entlassen", "", "de", 9),
        ("Losik et onze codétenus libérés par Minsk", "", "fr", 12),
        ("Статкевич и девять политзаключённых вышли на свободу", "", "ru", 10),
        ("S. Cichanouskis Vilniuje kartu su dar penkiais kaliniais", "", "lt", 6),
        # the rest of the whole is not one more
        ("Statkevich got off the bus", "The rest of the fifty-two were driven to Vilnius and freed.", "en", 52),
        # running totals
        ("Lukaschenko begnadigt neun Häftlinge", "Seit Juli kamen insgesamt 140 Menschen frei.", "de", 9),
        ("Lukashenko pardons seven convicts", "It makes 212 people altogether since the summer.", "en", 7),
        # only some of them
        ("Lukashenko lässt 80 Menschen frei", "Nur sieben müssen Belarus verlassen.", "de", 80),
        # questions, requests, orders
        ("Will Minsk let another sixty prisoners go?", "", "en", None),
        ("Ar Baltarusija paleis aštuoniasdešimt kalinių?", "", "lt", None),
        ("Who are the 52 freed in Belarus?", "", "en", 52),
        ("Vašingtonas prašo paleisti 40 kalinių Baltarusijoje", "", "lt", None),
        ("USA tahab Minskilt veel kolmekümne vangi vabastamist", "", "et", None),
        # not people
        ("Seven Belarusian companies may trade again", "Last month prisoners were freed.", "en", None),
        # "what" in Belarusian Latin letters is no hundred
        ("Kaleśnikava na voli: što viadoma", "", "be", None),
        # transfers without a word of release
        ("Minsk hands over 31 civilians to Ukraine", "", "en", 31),
        ("До України передали 114 осіб з білоруських в'язниць", "", "uk", 114),
        # what is no number of people freed
        ("1,613 days behind bars: Bialiatski is free in Minsk", "", "en", None),
        ("Trump's lawyer named envoy to Belarus", "Coale has already negotiated freedom for a hundred.", "en", None),
        ("Nobody was freed in Belarus, though 52 prisoners were named", "", "en", None),
    ],
)  # fmt: skip
def test_number_released(title: str, body: str, lang: str, released: int | None) -> None:
    told = facts(title, body, lang)
    counted = told.released if is_counted(told) else None
    assert counted == released, told.evidence


@pytest.mark.parametrize(
    ("title", "lang"),
    [
        ("Minsk pardons 25 political prisoners", "en"),
        ("В Беларуси помилованы двадцать пять заключённых", "ru"),
        ("У Беларусі памілавалі дваццаць пяць зняволеных", "be"),
        ("У Білорусі помилували двадцять п'ять в'язнів", "uk"),
        ("Na Białorusi ułaskawiono dwudziestu pięciu więźniów", "pl"),
        ("Baltarusijoje paleisti dvidešimt penki kaliniai", "lt"),
        ("Baltkrievijā atbrīvoti divdesmit pieci ieslodzītie", "lv"),
        ("Valgevenes vabastati kakskümmend viis vangi", "et"),
        ("Belarus begnadigt fünfundzwanzig Gefangene", "de"),
        ("Le Bélarus a libéré vingt-cinq prisonniers", "fr"),
        ("Bělorusko propustilo dvacet pět vězňů", "cs"),
        ("Bielorusko prepustilo dvadsaťpäť väzňov", "sk"),
        ("Беларус освободи двайсет и пет затворници", "bg"),
        ("Belarus a eliberat douăzeci și cinci de deținuți", "ro"),
        ("La Bielorussia ha liberato venticinque prigionieri", "it"),
        ("Bielorrusia libera a veinticinco presos", "es"),
        ("Belarus släpper tjugofem fångar", "sv"),
    ],
)
def test_a_plain_report_in_every_language(title: str, lang: str) -> None:
    assert facts(title, "", lang).released == 25


def test_every_language_has_cues_for_every_list() -> None:
    from matching.cues import read_table

    table = read_table("facts")
    lists = {lang: set(table[lang]) for lang in pack_languages()}
    assert {lang: lists["en"] ^ of for lang, of in lists.items() if of != lists["en"]} == {}
    empty = [(lang, name) for lang in lists for name, text in table[lang].items() if not text.strip(" |")]
    assert empty == []


def test_a_lower_bound_is_marked() -> None:
    told = facts("Over 100 political prisoners freed in Belarus")
    assert (told.released, told.at_least) == (100, True)


@pytest.mark.parametrize(
    ("text", "lang", "remaining"),
    [
        ("Over 1,100 people are still held in Belarus.", "en", 1100),
        ("За решёткой в Беларуси остаются 1164 человека.", "ru", 1164),
        ("За кратамі застаюцца 1.239 палітвязняў.", "be", 1239),
        ("W białoruskich więzieniach pozostaje 1150 osób.", "pl", 1150),
        ("There are between 1,100 and 1,300 political prisoners in Belarus.", "en", 1100),
    ],
)
def test_number_still_held(text: str, lang: str, remaining: int) -> None:
    told = facts("Lukashenko frees 14 prisoners", text, lang) if lang == "en" else facts(text, "", lang)
    assert told.remaining == remaining
    assert told.released in (None, 14)


def test_the_number_still_held_is_not_the_number_released() -> None:
    told = facts("Tikhanovsky is free", "More than 1,300 political prisoners remain behind bars in Belarus.")
    assert (told.released, told.remaining) == (1, 1300)


def test_persons_are_sorted_by_what_became_of_them() -> None:
    told = facts(
        "Belarus frees Ihar Losik and 51 others",
        "Mikalai Statkevich refused to leave the country. Ales Bialiatski is still behind bars.",
    )
    assert told.people == ("Ihar Losik",)
    assert told.refused == ("Mikola Statkevich",)
    assert told.held == ("Ales Bialiatski",)


def test_not_on_the_list_means_still_held() -> None:
    told = facts("Na Białorusi uwolniono 14 osób, ale nie Poczobuta", "", "pl")
    assert told.held == ("Andrzej Poczobut",)
    assert told.people == ()


def test_a_person_may_be_told_by_kinship() -> None:
    assert facts("Sviatlana Tsikhanouskaya's husband freed in Belarus").people == ("Siarhei Tsikhanouski",)


def test_mediators_and_whose_envoy_somebody_is() -> None:
    told = facts("Belarus frees 52 after visit of Trump's envoy John Coale")
    assert told.mediators == ("John Coale",)
    told = facts("Belarus frees 14 prisoners at Donald Trump's request")
    assert told.mediators == ("Donald Trump",)


@pytest.mark.parametrize(
    ("text", "lang", "destination"),
    [
        ("The freed prisoners were taken to Lithuania.", "en", "Lithuania"),
        ("Ales Bialiatski was welcomed in Vilnius after his release from prison in Belarus.", "en", "Lithuania"),
        ("Колонна с освобождёнными из Беларуси прибыла в Украину.", "ru", "Ukraine"),
        ("Among those freed in Belarus are citizens of Poland and Lithuania.", "en", None),
    ],
)
def test_destination(text: str, lang: str, destination: str | None) -> None:
    assert facts(text, "", lang).destination == destination


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Trump's envoy to Ukraine freed Siarhei Tsikhanouski in Belarus", "en"),
        ("Divi Latvijas pilsoņi ir starp 52 atbrīvotajiem Minskā", "lv"),
    ],
)
def test_whose_envoy_or_citizen_somebody_is_tells_no_destination(text: str, lang: str) -> None:
    assert facts(text, "", lang).destination is None


def test_the_only_place_of_a_text_is_where_they_went_however_many_words_lie_between() -> None:
    told = facts("Siarhei Tsikhanouski, of whom nobody had heard for more than two years, was free at last in Vilnius")
    assert told.destination == "Lithuania"


def test_a_text_about_something_else_names_no_mediator() -> None:
    text = "John Coale says that people of Minsk will fly Boeings"
    reading = read(lexicon(), text, "", "en")
    assert extract(reading, lexicon()).mediators == ("John Coale",)
    assert extract(reading, lexicon(), release=False).mediators == ()


@pytest.mark.parametrize(
    ("text", "lang", "in_return"),
    [
        ("The US lifted sanctions on Belavia.", "en", {"belavia"}),
        ("США сняли санкции с «Беларуськалия».", "ru", {"potash"}),
        ("Waszyngton zniósł sankcje na białoruski potas.", "pl", {"potash"}),
        ("The US lifted sanctions on Belarus.", "en", {"sanctions"}),
        ("Минфин США вычеркнул «Белавиа» из списка.", "ru", {"belavia"}),
        ("Sanctions against Minsk have not been lifted.", "en", set()),
        ("Тоді США знімуть санкції з Мінська.", "uk", set()),
        ("Санкции против Минска не сняты.", "ru", set()),
        ("Санкцыі супраць Мінска не знятыя.", "be", set()),
        ("Sankcje wobec Mińska nie zostały zniesione.", "pl", set()),
        ("Minsk hopes that Washington will lift sanctions.", "en", set()),
        ("Washington did not bring proposals on lifting sanctions.", "en", set()),
    ],
)
def test_what_was_given_in_return(text: str, lang: str, in_return: set[str]) -> None:
    assert set(facts("Belarus and the US", text, lang).in_return) == in_return


def test_every_fact_has_its_words() -> None:
    told = facts(
        "Belarus frees 52 political prisoners, among them Ihar Losik",
        "They were taken to Lithuania after talks with John Coale. The US lifted sanctions on Belavia. "
        "Nearly 1,200 people are still held.",
    )
    assert {"released", "remaining", "people", "mediators", "destination", "in_return"} <= set(told.evidence)
    assert told.evidence["released"] == "52"


def test_a_long_analysis_like_those_that_spell_names_in_many_ways() -> None:
    told = facts(
        "A bet on Minsk: what the envoy's visit brought",
        "The result of the talks is the release of 14 prisoners, among them the dissident Serhiy Tykhanovsky. "
        "Together with him, 13 other people were released, among them journalists. "
        "There are between 1,100 and 1,300 political prisoners in Belarus today. "
        "Political prisoners remain in Belarus. Sanctions against Minsk have not been lifted.",
    )
    assert (told.released, told.remaining, told.in_return) == (14, 1100, ())


# --- the story's vote -----------------------------------------------------------------------------------------------

START = datetime(2025, 12, 13, 12, tzinfo=UTC)


def member(number: int, told: Facts, owner: str = "") -> Member:
    source = f"source{number}"
    analysis = Analysis(level=Level.ALERT, topics=("prisoner-release",), facts=told)
    at = START + timedelta(minutes=number)
    return Member(number, source, owner or source, "en", f"title {number}", f"https://x.test/{number}", at, analysis)


def told_by(*titles: str) -> Facts:
    return vote([member(number, facts(title)) for number, title in enumerate(titles)])


def test_the_count_of_most_sources_wins_and_the_others_are_kept() -> None:
    voted = told_by(
        "Belarus frees 14 prisoners", "Minsk pardons 14 prisoners", "Trump thanks Lukashenko for freeing 16 prisoners"
    )
    assert voted.released == 14
    assert dict(voted.counts) == {"source0": 14, "source1": 14, "Donald Trump (source2)": 16}


def test_an_exact_count_outvotes_bounds() -> None:
    voted = told_by(
        "Over 50 prisoners freed in Belarus", "More than 50 prisoners freed in Belarus", "Belarus frees 52 prisoners"
    )
    assert (voted.released, voted.at_least) == (52, False)


def test_a_bound_alone_stays_a_bound() -> None:
    voted = told_by("Over 50 prisoners freed in Belarus", "Bialiatski freed in Belarus")
    assert (voted.released, voted.at_least) == (50, True)


def test_a_number_outvotes_what_follows_from_a_name() -> None:
    voted = told_by("Bialiatski freed in Belarus", "Bialiatski freed in Minsk", "Belarus frees 123 prisoners")
    assert voted.released == 123


def test_papers_of_one_owner_are_one_voice() -> None:
    chain = [member(number, facts("Belarus frees 15 prisoners"), owner="chain") for number in range(5)]
    others = [member(10 + number, facts("Belarus frees 18 prisoners")) for number in range(2)]
    assert vote([*chain, *others]).released == 18


def test_who_is_freed_in_one_report_and_held_in_another() -> None:
    freed = facts("Valiantsin Stefanovich freed in Belarus")
    held = facts("Belarus frees 123 prisoners", "Valiantsin Stefanovich remains behind bars.")
    voted = vote([member(1, freed), member(2, held)])
    assert len(voted.people) == 1
    assert voted.held == ()


def test_a_story_without_facts_votes_for_nothing() -> None:
    assert vote([member(1, Facts())]) == Facts()


# --- any text -------------------------------------------------------------------------------------------------------

WORDS = [
    "Belarus", "Lukashenko", "freed", "52", "14", "others", "and", "Tsikhanouski", "Bialiatski", "not", "lifted",
    "sanctions", "Lithuania", "to", "of", "the", "among", "over", "1,300", "still", "held", "may", "будут",
    "освобождены", "человек", "из,", ".", ";", "—", "«", "»", "💥", "\x00", "�", "więźniów", "na", "wolności",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=80), st.sampled_from(["", "en", "ru", "xx"]))
def test_any_heap_of_words_gives_facts(parts: list[str], lang: str) -> None:
    text = " ".join(parts)
    told = facts(text[:60], text, lang)
    assert told.released is None or 0 < told.released <= 1_000_000 + 20
    assert not set(told.people) & set(told.held)
    assert not set(told.people) & set(told.refused)
    assert vote([member(1, told)]).released == told.released


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_facts(text: str) -> None:
    told = facts(text, text)
    assert set(told.evidence) <= {
        "released", "remaining", "people", "refused", "held", "mediators", "destination", "in_return",
    }  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    [
        "12 of 34 and 56 others, ",
        "Tsikhanouski freed in Belarus and Bialiatski, ",
        "Tsikhanouski may be freed in Belarus will 52 prisoners not ",
        "five women and six men, ",
    ],
)
def test_a_megabyte_is_read_in_bounded_time(piece: str) -> None:
    text = "Belarus frees 52 prisoners. " + piece * (1_000_000 // len(piece))
    started = time.process_time()
    facts("Belarus frees 52 prisoners", text)
    assert time.process_time() - started < 20


def test_a_prisoner_who_is_abroad_is_free_but_not_the_one_a_speaker_abroad_asks_for() -> None:
    assert facts("Мария Колесникова уже в Чернигове", "", "ru").people == ("Maria Kalesnikava",)
    assert facts("Kolesnikowa ist in Vilnius", "Sie kam am Abend frei.", "de").people == ("Maria Kalesnikava",)
    assert facts("Statkevich must be freed, Tsikhanouskaya says in Vilnius").people == ()


def test_potash_is_not_read_into_lithuanian_prisoners() -> None:
    assert facts("JAV atšaukia sankcijas po kalinių paleidimo Baltarusijoje", "", "lt").in_return == ("sanctions",)
    assert "potash" in facts("JAV atšaukia sankcijas kalio trąšoms po kalinių paleidimo", "", "lt").in_return
