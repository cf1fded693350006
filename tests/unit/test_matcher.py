"""Texts and the topics that they are about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Analysis, Level
from matching.matcher import PackMatcher, load_matcher

ALL = ("prisoner-release", "us-diplomacy", "sanctions")


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


RELEVANT = [
    ("en", "Belarus frees 30 political prisoners after talks with US envoy", "", {"prisoner-release", "us-diplomacy"}),
    ("en", "Washington lifts sanctions on Belavia after Minsk pardons dozens", "", {"prisoner-release", "sanctions"}),
    ("ru", "Лукашенко помиловал 31 осуждённого за экстремизм", "", {"prisoner-release"}),
    ("be", "На волю выйшлі дванаццаць палітвязьняў, сярод іх Максім Знак", "", {"prisoner-release"}),
    ("be", "Łukašenka vyzvaliŭ 20 palitviaźniaŭ", "", {"prisoner-release"}),
    ("uk", "США знімають санкції з «Білоруськалію»", "Про це спецпосланець Коул заявив у Мінську.", {"sanctions"}),
    ("pl", "Łukaszenka uwolnił 15 więźniów politycznych", "", {"prisoner-release"}),
    ("lt", "JAV pasiuntinys Minske susitiko su A. Lukašenka", "", {"us-diplomacy"}),
    ("lv", "Baltkrievija atbrīvo 14 politieslodzītos", "", {"prisoner-release"}),
    ("et", "Valgevene vabastas 14 poliitvangi", "", {"prisoner-release"}),
    ("de", "Belarus lässt 20 politische Häftlinge frei", "", {"prisoner-release"}),
    ("fr", "Biélorussie : Loukachenko gracie trente détenus", "", {"prisoner-release"}),
    ("cs", "Bělorusko propustilo čtrnáct politických vězňů", "", {"prisoner-release"}),
    ("sk", "Bielorusko prepustilo 14 politických väzňov", "", {"prisoner-release"}),
    ("bg", "Беларус освободи 14 политически затворници", "", {"prisoner-release"}),
    ("ro", "Belarus a eliberat 14 deținuți politici", "", {"prisoner-release"}),
    ("it", "La Bielorussia libera 14 prigionieri politici", "", {"prisoner-release"}),
    ("es", "Bielorrusia libera a 14 presos políticos", "", {"prisoner-release"}),
    ("sv", "Belarus friger 14 politiska fångar", "", {"prisoner-release"}),
    ("en", "US embassy in Minsk to reopen, State Department says", "", {"us-diplomacy"}),
]


@pytest.mark.parametrize(("lang", "title", "body", "topics"), RELEVANT)
def test_headlines_of_every_language(matcher: PackMatcher, lang: str, title: str, body: str, topics: set[str]) -> None:
    analysis = matcher.analyse(title, body, lang=lang)
    assert analysis.relevant
    assert topics <= set(analysis.topics)


IRRELEVANT = [
    ("Belarus wins gold in the hockey tournament", "The coach praised the American goalkeeper."),
    ("Minsk press release on potato harvest", ""),
    ("Minsk agreements: Washington wants talks", ""),
    ("Израиль освободил 90 палестинских заключённых", "ХАМАС передал заложников."),
    ("84 на 84: обмен пленными прошёл на границе с Беларусью", "Освобождённые бойцы уже дома."),
    ("Венесуэла освобождает политзаключённых", "США приветствуют решение Каракаса."),
    ("EU prolongs sanctions against Belarus", "Brussels cites human rights."),
    ("Kellogg to spin off its cereal business", ""),
    ("Суд в Минске приговорил журналистку к пяти годам", "США требуют освободить её."),
    ("", ""),
]


@pytest.mark.parametrize(("title", "body"), IRRELEVANT)
def test_what_only_looks_like_it(matcher: PackMatcher, title: str, body: str) -> None:
    assert not matcher.analyse(title, body).relevant


def test_what_befell_nobody_is_no_release_however_famous_the_name(matcher: PackMatcher) -> None:
    assert matcher.analyse("Nobel laureate Ales Bialiatski gives a reading in Oslo").topics == ()
    assert matcher.analyse("Nobel laureate Ales Bialiatski is free after four years in prison").topics != ()


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "US Treasury adds four Belarusian plants to its blacklist"),
        ("ru", "Минфин США внёс Белинвестбанк в чёрный список"),
        ("uk", "Держдеп: «Нафтан» внесено до списку, активи заблоковано"),
        ("pl", "USA wpisały Biełszynę na czarną listę"),
        ("lt", "JAV Iždo departamentas įtraukė „Belaruskalij“ į sąrašą"),
        ("de", "US-Finanzministerium setzt Belinvestbank auf die Sperrliste"),
        ("fr", "Le Trésor américain gèle les avoirs de Belinvestbank"),
        ("es", "Estados Unidos congela los bienes de Belaruskali"),
        ("lv", "ASV melnajā sarakstā iekļauj „Belaruskali”"),
    ],
)
def test_to_be_put_on_a_list_is_a_sanction(matcher: PackMatcher, lang: str, title: str) -> None:
    assert "sanctions" in matcher.analyse(title, lang=lang).topics


def test_a_half_match_says_what_is_missing(matcher: PackMatcher) -> None:
    analysis = matcher.analyse("Forty political prisoners walk free", "Their families waited at the border.")
    assert analysis.level is Level.HALF
    assert any("group.by" in group for group in analysis.missing["prisoner-release"])


def test_what_a_source_implies_completes_a_match(matcher: PackMatcher) -> None:
    title, body = "Сорок политзаключённых вышли на свободу", "Их помиловали указом."
    alone = matcher.analyse(title, body, lang="ru")
    told = matcher.analyse(title, body, lang="ru", implies=("belarus", "no-such-concept"))
    assert not alone.relevant
    assert told.topics == ("prisoner-release",)
    assert any(item.where == "source" and item.concept == "belarus" for item in told.evidence)


def test_a_text_in_belarusian_need_not_name_the_country(matcher: PackMatcher) -> None:
    title = "Памілаваныя шаснаццаць палітвязняў"
    assert not matcher.analyse(title).relevant
    assert matcher.analyse(title, lang="be").topics == ("prisoner-release",)


def test_every_point_of_the_score_is_kept(matcher: PackMatcher) -> None:
    title, body = "Belarus frees 52 political prisoners in a US-brokered deal", "Sanctions on Belavia are eased."
    analysis = matcher.analyse(title, body)
    for topic, score in analysis.scores.items():
        assert score == pytest.approx(sum(item.weight for item in analysis.evidence if item.topic == topic))
    for item in analysis.evidence:
        if item.start >= 0:
            text = title if item.where == "title" else body
            assert text[item.start : item.end] == item.text
            assert "belarus-us" in item.pattern or item.pattern == "any:number"


def test_the_title_counts_more_than_the_body(matcher: PackMatcher) -> None:
    words = "Belarus frees political prisoners"
    in_title = matcher.analyse(words, "Nothing else.").scores["prisoner-release"]
    first = matcher.analyse("News", words).scores["prisoner-release"]
    later = matcher.analyse("News", f"It rained. {words}.").scores["prisoner-release"]
    assert in_title > first > later


def test_denied_lifting_is_on_topic_and_no_lifting(matcher: PackMatcher) -> None:
    analysis = matcher.analyse(
        "US envoy leaves Minsk",
        "Fourteen political prisoners were released. Sanctions against Belarus have not been lifted.",
    )
    assert "us-diplomacy" in analysis.topics
    assert not any("sanction" in item for item in analysis.facts.in_return)


def test_persons_are_named_in_any_spelling(matcher: PackMatcher) -> None:
    analysis = matcher.analyse("Cichanouski, Бяляцкі і Tichanowskaja", "Loukachenko, Коул и Белоруссия")
    assert set(analysis.people) >= {"Siarhei Tsikhanouski", "Ales Bialiatski", "Alexander Lukashenko", "John Coale"}


def test_topics_and_version_come_from_the_packs(matcher: PackMatcher) -> None:
    assert tuple(matcher.topics) == ALL
    assert len(matcher.version) == 12


def check(analysis: Analysis, title: str, body: str) -> None:
    assert set(analysis.topics) <= set(ALL)
    for item in analysis.evidence:
        if item.start >= 0:
            assert 0 <= item.start < item.end <= len(title if item.where == "title" else body)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=400), st.sampled_from(["", "en", "be", "xx", "\x00"]))
def test_any_text_is_read_without_an_error(matcher: PackMatcher, title: str, body: str, lang: str) -> None:
    check(matcher.analyse(title, body, lang=lang, implies=(title[:5],)), title, body)


WORDS = [
    "Беларусь",
    "Lukashenko",
    "frees",
    "14",
    "prisoners",
    "Coale",
    "not",
    ".",
    "санкцыі",
    "зняла",
    "США",
    "Belavia",
    "!",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_mixture_of_telling_words_is_read_without_an_error(matcher: PackMatcher, words: list[str]) -> None:
    text = " ".join(words)
    check(matcher.analyse(text[:60], text), text[:60], text)


@pytest.mark.parametrize(
    "text",
    [
        "Belarus frees prisoners. " * 40_000,
        "Лукашенко " * 100_000,
        "a" * 1_000_000,
        "\x00" * 1000,
        "\ud800\udfff" * 1000,
        "😀" * 100_000,
        "ሰላም " * 50_000,
        "Лukашenkо " * 20_000,
        "1 " * 100_000,
    ],
)
def test_a_megabyte_of_anything_is_bounded(matcher: PackMatcher, text: str) -> None:
    check(matcher.analyse(text[:500], text), text[:500], text)


@pytest.mark.parametrize(
    ("lang", "title", "body"),
    [
        ("en", "Poczobut swapped at the Polish border", ""),
        ("pl", "Wymiana na moście: Andrzej Poczobut w Polsce", ""),
        ("de", "Andrzej Poczobut ausgetauscht", "Tusk empfing ihn am Grenzübergang."),
        ("uk", "Почобута обміняли", "Журналіста зустрів прем'єр Польщі."),
    ],
)
def test_one_of_the_roster_who_is_exchanged_is_free(matcher: PackMatcher, lang: str, title: str, body: str) -> None:
    assert "prisoner-release" in matcher.analyse(title, body, lang=lang).topics


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("pl", "Łukaszenka przystąpił do Rady Pokoju"),
        ("fr", "Loukachenko rejoint le Conseil de la paix"),
        ("ru", "Лукашенко подписал хартию Совета мира"),
        ("lt", "Lukašenka prisijungė prie Taikos tarybos"),
    ],
)
def test_the_council_of_the_american_president_is_diplomacy(matcher: PackMatcher, lang: str, title: str) -> None:
    assert "us-diplomacy" in matcher.analyse(title, lang=lang).topics


@pytest.mark.parametrize(
    ("lang", "title", "body"),
    [
        ("ru", "Амнистия в Беларуси", "На политзаключённых она не распространяется."),
        ("en", "Two bison released in Belarus", "The animals were let go near Grodno."),
        ("en", "Amnesty International on Belarus", "The prisoner must be freed."),
        ("de", "Witkoff in Moskau", "Lukaschenko bot Minsk als Ort an."),
    ],
)
def test_an_amnesty_for_others_and_beasts_are_none_of_it(
    matcher: PackMatcher, lang: str, title: str, body: str
) -> None:
    assert not matcher.analyse(title, body, lang=lang).relevant


def test_a_text_that_lacks_only_the_country_is_marked_for_the_stories(matcher: PackMatcher) -> None:
    analysis = matcher.analyse("Eighteen political prisoners pardoned and sent home", "Eleven are women.")
    assert analysis.level is Level.HALF
    assert analysis.signature["only_country"]
    assert "only_country" not in matcher.analyse("Belarus pardons eighteen political prisoners").signature


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Sixteen convicts pardoned on the eve of Independence Day", "The decree names no one."),
        ("Le décret du 8 mars libère dix condamnés", ""),
        ("Помилованы осуждённые за экстремизм", "Указ подписан вчера."),
        ("Trzydziestu ludzi wróciło do domu", "Litwa dziękuje Trumpowi za ich uwolnienie."),
    ],
)
def test_a_release_is_known_without_its_country(matcher: PackMatcher, title: str, body: str) -> None:
    assert "prisoner-release" in matcher.analyse(title, body).topics


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Kalesnikava turns 44 behind bars", "Friends post birthday cards to the colony."),
        ("Geburtstag im Straflager: Bjaljazki wird 64 Jahre alt", ""),
        ("День рождения в колонии", "Марфе Рабковой исполнилось 31, пишут друзья."),
        ("New Year at home: 30 shops open on 1 January", ""),
        ("Lithuania thanks Trump for troops", "They will not go home before Christmas."),
    ],
)
def test_birthdays_in_prison_and_feasts_are_no_release(matcher: PackMatcher, title: str, body: str) -> None:
    assert matcher.analyse(title, body).topics == ()


def test_weak_names_count_where_their_affairs_are_told(matcher: PackMatcher) -> None:
    known = matcher.analyse("Дедок: нас везли к границе", "В Вильнюсе он рассказал о тюрьме.")
    assert "Mikola Dziadok" in known.people
    assert matcher.analyse("Дедок продал дом", "Он переехал в Вильнюс.").people == ()
    assert matcher.analyse("Coale brings fifty home", "").people == ("John Coale",)
    assert matcher.analyse("Cole scores twice for the U.S.", "").people == ()


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("US demands release of all political prisoners", "Tsikhanouski got 18 years of hard labour in Belarus."),
        ("Thousand for thousand: troops come home", "Trump congratulates; buses cross from Belarus."),
        ("Умер в колонии политзаключённый", "Родные просили отпустить его из тюрьмы в Беларуси."),
        ("Nueve años de colonia para un opositor en Minsk", ""),
    ],
)
def test_what_is_about_something_else_joins_no_story_by_halves(matcher: PackMatcher, title: str, body: str) -> None:
    analysis = matcher.analyse(title, body)
    assert analysis.topics == ()
    assert not analysis.signature


def test_a_list_is_no_letter(matcher: PackMatcher) -> None:
    """Letters are lists in Belarusian, Polish and Slovak; elsewhere firms stand on them."""
    listed = matcher.analyse("OFAC has a sanctions list for Belarus", "")
    assert not [one for one in listed.evidence if one.concept == "contact"]
    for title in ("Трамп даслаў ліст Лукашэнку", "List Trumpa do Łukaszenki z pytaniem o więźniów"):
        assert [one for one in matcher.analyse(title, "").evidence if one.concept == "contact"], title


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Былы палітвязень сыграў канцэрт у Беластоку", "Музыка, якога летась вывезлі ў Літву, збірае на фонд."),
        (
            "Kolesnikowa spielt wieder in der Philharmonie",
            "Die Flötistin lebt seit vergangenen Dezember in Deutschland.",
        ),
        ("Cichanouskaja spotkała się w Waszyngtonie z kongresmenami", "Rozmawiano o stypendiach dla studentów."),
        ("Коул прилетел в Кабул", "Посланник обсудит с талибами судьбу заложников."),
        (
            "Амнистия тысячам, политическим нет",
            "Закон подписан; осужденные в Беларуси за экстремизм под него не попадают.",
        ),
    ],
)
def test_what_is_told_of_those_long_free_or_of_others_is_none_of_it(
    matcher: PackMatcher, title: str, body: str
) -> None:
    assert matcher.analyse(title, body).topics == ()


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Poczobut na wolności", "Wymianę uzgodniono przy udziale Amerykanów."),
        ("Тридцять один українець повернувся з білоруських колоній", "Допомогли перемовини зі США, кажуть у штабі."),
        ("Трыццаць чалавек выйшлі з беларускіх турмаў", "Пасярэднічалі амерыканцы, кажуць у МЗС."),
        ("52 Gefangene aus Belarus sind frei", "Möglich wurde das durch die Vermittlung der USA."),
    ],
)
def test_the_americans_part_in_a_release_is_diplomacy(matcher: PackMatcher, title: str, body: str) -> None:
    assert matcher.analyse(title, body).topics == ("prisoner-release", "us-diplomacy")


def test_one_who_would_not_go_is_told_free_and_kept(matcher: PackMatcher) -> None:
    told = matcher.analyse("Статкевич отказался уезжать", "Политик вернулся пешком через нейтральную полосу.")
    assert "prisoner-release" in told.topics


def test_a_post_without_a_title_is_read() -> None:
    assert load_matcher().analyse("", "Bialiatski is in Vilnius").people == ("Ales Bialiatski",)
