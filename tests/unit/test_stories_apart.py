"""What parts stories that share a person, a count, a day or a deal."""

from __future__ import annotations

from core.model import Action
from matching.evaluate import read_items, run
from matching.likeness import parted_by_subject
from matching.measures import compare_clusters
from tests.story_desk import DATA, START, Desk, matcher


def test_two_single_persons_let_out_on_following_days_are_two_stories() -> None:
    desk = Desk()
    desk.report("Belarus: Natallia Levaya pardoned", "The pregnant woman left the colony.", lang="en")
    placed = desk.report("Статкевича отпустили домой из колонии", "Политик перенёс инсульт.", hours=20, lang="ru")
    assert placed.action is Action.OPEN, placed.reason
    joined = desk.report("Statkiewicz wypuszczony z kolonii na Białorusi", "Jest w domu.", hours=26, lang="pl")
    assert joined.story_id == 2, joined.reason


def test_a_report_of_two_persons_does_not_make_them_one_story() -> None:
    desk = Desk()
    for hours in (0, 1, 2):
        desk.report(f"Belarus pardons Natallia Levaya, report {hours}", "She left the colony.", hours=hours)
    desk.report("Levaya and Statkevich both home from Belarus prisons", hours=5)
    placed = desk.report("Mikalai Statkevich home from prison in Belarus after a stroke", hours=20)
    assert placed.story_id != 1, placed.reason


def test_a_report_whose_title_names_another_person_first_is_of_that_persons_story() -> None:
    tellings = (
        ("be", "Статкевіч і Левая дома: дзве добрыя навіны", "Палітык пасля інсульту, мастачка цяжарная."),
        ("ru", "Статкевич и Левая на свободе: две новости", "У него инсульт, она беременна."),
        ("en", "Statkevich and Levaya both home within a day", "He has had a stroke, she is pregnant."),
        ("de", "Statkewitsch und Lewaja sind zu Hause", "Er hatte einen Schlaganfall, sie ist schwanger."),
    )
    for lang, title, body in tellings:
        desk = Desk()
        desk.report("Incinta in carcere, torna a casa per decreto", "Natalia Levaya è stata graziata.", lang="it")
        placed = desk.report(title, body, hours=24, lang=lang)
        assert placed.story_id != 1, (title, placed.reason)


def test_anyone_of_a_group_may_be_named_in_its_story() -> None:
    desk = Desk()
    desk.report("Belarus frees 250 prisoners, Marfa Rabkova among them", "Coale was in Minsk.")
    placed = desk.report("Reporterin Andrejewa aus belarussischer Haft frei", "Eine der 250.", hours=10, lang="de")
    assert placed.action is Action.JOIN, placed.reason


def test_a_count_freed_a_day_after_persons_is_another_story() -> None:
    desk = Desk()
    desk.report("Belarus pardons two priests", "Henryk Akalatovich is free, the Vatican says.")
    placed = desk.report("31 Ukrainians pardoned by Lukashenko come home", "Trump had asked for it.", hours=40)
    assert placed.action is Action.OPEN, placed.reason


def test_the_two_halves_of_a_deal_are_one_story_on_its_day_only() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners after talks with Coale")
    half = desk.report("Washington lifts its sanctions on Belaruskali", "Envoy Coale said so in Minsk.", hours=3)
    assert half.story_id == 1, half.reason
    later = desk.report("OFAC licence: sanctions on Belaruskali lifted, trade allowed again", hours=50)
    assert later.action is Action.OPEN, later.reason
    echo = desk.report("Минфин США выдал лицензию: санкции с «Беларуськалия» сняты", hours=60, lang="ru")
    assert echo.story_id == 2, echo.reason


def test_talks_after_a_release_are_another_story() -> None:
    desk = Desk()
    desk.report("Belarus frees 250 prisoners after Coale's visit to Minsk")
    placed = desk.report("Коул: Трамп и Лукашенко скоро поговорят напрямую", hours=26, lang="ru")
    assert placed.action is Action.OPEN, placed.reason


def test_a_council_and_a_visa_are_two_matters() -> None:
    desk = Desk()
    desk.report("Lukashenko signs up to Trump's Board of Peace", "Minsk is a founder.")
    placed = desk.report("US refuses visas to a delegation of Minsk", "The foreign ministry complains.", hours=20)
    assert placed.action is Action.OPEN, placed.reason


def test_stories_written_for_their_parting() -> None:
    """52 reports of 19 events in 17 languages, written before the rules that part them (see docs/matching.md)."""
    items = read_items(DATA / "news-stories.jsonl")
    made = run(items, matcher())
    found = {result.item.id: result.story_id for result in made.results if result.story_id is not None}
    compared = compare_clusters({item.id: item.story for item in items}, found)
    assert compared.false_merges <= 0.02
    assert compared.bcubed_f1 >= 0.93


def test_what_a_concession_is_worth_is_not_the_release_it_paid_for() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners, US lifts sanctions on Belaruskali", "Coale was in Minsk.")
    worth = desk.report(
        "Ką JAV sprendimas dėl Baltarusijos kalio reiškia Klaipėdai",
        "Sankcijos „Belaruskalij“ atšauktos, bet per uostus trąšų vežti negalima. Šeštadienį paleisti 123 kaliniai.",
        hours=4,
        lang="lt",
    )
    assert worth.action is Action.OPEN, worth.reason
    later = desk.report(
        "Washington's decision on Belarus potash: ports stay shut",
        "Sanctions on Belaruskali are lifted, but traders find no transit.",
        hours=60,
    )
    assert later.story_id == 2, later.reason


def test_details_of_a_call_join_it_a_week_later_when_they_name_its_day() -> None:
    day = f"{START.day} июня"
    for text, expected in ((f"Трамп перезвонил {day}.", Action.JOIN), ("Трамп перезвонил.", Action.OPEN)):
        desk = Desk()
        desk.report("Trump phones Lukashenko from Air Force One", "He thanked Minsk for 16 people.")
        placed = desk.report("Лукашенко о звонке американского президента", text, hours=7 * 24 + 2, lang="ru")
        assert placed.action is expected, placed.reason


def test_doubts_about_an_envoy_join_the_news_of_his_appointment_and_another_call_does_not() -> None:
    desk = Desk()
    desk.report("Trump names John Coale special envoy to Belarus", "He is to win freedom for fifty more.")
    doubts = desk.report(
        "Nausėda abejoja, ar Lukašenka paleis daugiau kalinių",
        "Vakar D. Trumpas paskyrė Johną Coale'ą pasiuntiniu Baltarusijai.",
        hours=22,
        lang="lt",
    )
    assert doubts.story_id == 1, doubts.reason
    call = desk.report("Trump rings Lukashenko again", "The two spoke on the phone about Ukraine.", hours=30)
    assert call.action is Action.OPEN, call.reason


def test_two_priests_are_those_who_were_named() -> None:
    desk = Desk()
    desk.report("Akalatovich and Yukhnevich pardoned", "Belarus let the Catholic priests go.")
    placed = desk.report("Belarus: two pardoned priests thank the Holy See", hours=20)
    assert placed.story_id == 1, placed.reason


def test_who_speaks_days_after_the_release_of_a_crowd_was_one_of_it() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners", "Bialiatski and Kalesnikava are free.")
    desk.report("Belarus: Kalesnikava on her first days after release", hours=45)
    placed = desk.report("Севярынец: чатыры дні на волі", "Палітык вызвалены з турмы.", hours=60, lang="be")
    assert placed.story_id == 1, placed.reason
    few = Desk()
    few.report("Belarus frees 14 prisoners", "Tsikhanouski is free.")
    few.report("Belarus: Tsikhanouski on his first days after release", hours=45)
    placed = few.report("Севярынец: чатыры дні на волі", "Палітык вызвалены з турмы.", hours=60, lang="be")
    assert placed.action is Action.OPEN, placed.reason


def test_a_report_of_two_single_persons_is_of_the_one_its_title_names_first() -> None:
    desk = Desk()
    desk.report("Belarus: Natallia Levaya pardoned", "The pregnant woman left the colony.")
    placed = desk.report("Statkevich and Levaya both home from Belarus prisons", hours=24)
    assert placed.action is Action.OPEN, placed.reason
    joined = desk.report("Статкевич вернулся домой", "Политика отпустили из колонии.", hours=30, lang="ru")
    assert joined.story_id == 2, joined.reason
    assert desk.stories[2].facts.people[0] == "Mikola Statkevich"


def test_what_may_come_next_is_not_the_release_that_was() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners after talks with John Coale", "They reached Lithuania.")
    placed = desk.report(
        "Коул: Лукашенко может выпустить ещё тысячу заключённых", "США снимут тогда большую часть санкций.", hours=20
    )
    assert placed.action is Action.OPEN, placed.reason
    asked = desk.report("Will all 123 prisoners freed by Belarus stay abroad?", "Coale does not say.", hours=21)
    assert asked.story_id == 1, asked.reason


def test_days_later_a_release_is_known_by_its_number_or_by_a_part_that_it_told() -> None:
    for later in ("Récit d'un des 235 anciens détenus libérés au Bélarus", "Belarus: one of the 250 on freedom"):
        desk = Desk()
        desk.report("Belarus frees 250 prisoners", "Fifteen of them were taken to Vilnius, 235 stay at home.")
        placed = desk.report(later, "The deal was made with John Coale.", hours=5 * 24)
        assert placed.story_id == 1, placed.reason


def test_a_concession_joins_the_earlier_one_on_the_same_firm_and_not_the_news_of_its_own_day() -> None:
    desk = Desk()
    desk.report("Treasury strikes Belavia off its sanctions list", "OFAC lifts its measures on the Belarusian airline.")
    desk.report("Trump names John Coale envoy to Belarus", "He is to talk about prisoners.", hours=70)
    placed = desk.report("США сняли санкции с «Белавиа»", "Белорусская авиакомпания может покупать детали.", hours=80)
    assert placed.story_id == 1, placed.reason


def test_those_of_a_crowd_who_came_abroad_are_some_of_it_also_on_the_next_day() -> None:
    desk = Desk()
    desk.report("Belarus frees 250 prisoners in deal with Washington", "Most may stay at home.")
    placed = desk.report("Lietuvā ieradušies 15 Baltkrievijas politieslodzītie", "Pārējie palika mājās.", lang="lv")
    assert placed.story_id == 1, placed.reason
    placed = desk.report("Troje Polaków wróciło z Białorusi", "Dziękował minister.", hours=26, lang="pl")
    assert placed.story_id == 1, placed.reason


def test_a_later_report_that_names_the_weekday_of_a_release_belongs_to_it() -> None:
    desk = Desk()  # begins on a Saturday
    desk.report("Belarus frees 31 Ukrainians", "They were pardoned and handed over.")
    told = "Die 28-Jährige kam am {day} mit dreißig Landsleuten aus belarussischer Haft frei."
    title = "Ukrainerin erzählt von Haft in Belarus"
    assert desk.report(title, told.format(day="Samstag"), hours=50, lang="de").story_id == 1
    other = Desk()
    other.report("Belarus frees 31 Ukrainians", "They were pardoned and handed over.")
    assert other.report(title, told.format(day="Mittwoch"), hours=100, lang="de").action is Action.OPEN


def test_over_fifty_are_a_group_of_whom_anyone_may_speak() -> None:
    desk = Desk()
    desk.report("Belarus frees over fifty prisoners after US visit", "Ihar Losik is among them.")
    told = "Le syndicaliste, libéré de prison, raconte son transfert vers la Lituanie."
    placed = desk.report("Biélorussie : Alexandre Iarochouk parle", told, hours=40, lang="fr")
    assert placed.story_id == 1, placed.reason


def test_who_speaks_belongs_to_the_release_that_sent_people_abroad_not_to_the_pardon_of_yesterday() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 prisoners", "Ihar Losik and others were taken to Vilnius in Lithuania.")
    desk.report("Belarus: Losik meets his daughter in Vilnius", "The blogger was freed with 51 others.", hours=40)
    desk.report("Лукашенко помиловал 25 осужденных", "Среди них двенадцать женщин.", hours=110, lang="ru")
    told = "Dziennikarka opowiada w Wilnie o dniu, w którym wypuszczono ją z kolonii i wywieziono na Litwę."
    placed = desk.report("Słaunikawa: mąż czekał z kwiatami", told, hours=130, lang="pl")
    assert placed.story_id == 1, placed.reason


def test_who_comments_is_another_one_each_time_and_parts_nothing() -> None:
    desk = Desk()
    desk.report("Two Latvians freed in Belarus", "They were pardoned after US talks with Lukashenko.")
    placed = desk.report("Rubio hails return of US citizen jailed in Belarus", hours=20)
    assert placed.story_id == 1, placed.reason


def test_thanks_for_earlier_releases_do_not_make_a_call_a_release() -> None:
    desk = Desk()
    desk.report("Trump phones Lukashenko", "He thanked him for the release of 16 prisoners in Belarus.", hours=0)
    placed = desk.report("Розмова з Мінськом", "Трамп подякував Лукашенку й прийме запрошення.", hours=20, lang="uk")
    assert placed.story_id == 1, placed.reason


def test_an_interview_is_not_of_the_licence_told_on_its_day() -> None:
    desk = Desk()
    desk.report("„Belaruskalij“ gauna JAV licenciją", "Baltarusijos trąšos grįžta į rinkas.", lang="lt")
    placed = desk.report("Лабковіч: да працы вярнуся хоць заўтра", "Яго вывезлі ва Украіну і вызвалілі.", lang="be")
    assert placed.story_id != 1, placed.reason


def test_a_refusal_is_no_part_of_the_call_that_its_title_names() -> None:
    desk = Desk()
    desk.report("Trump phones Lukashenko", "The US president asked about 1,300 prisoners in Belarus.")
    told = "Białoruski dyktator zapewnia, że więźniów nie wypuści."
    placed = desk.report("Tydzień po telefonie Trumpa do Łukaszenki", told, hours=150, lang="pl")
    assert placed.action is Action.OPEN, placed.reason
    told = "Лукашенко не хочет отпускать тысячу заключенных, за которых просил Трамп."
    joined = desk.report("«Завтра они пойдут против нас»", told, hours=160, lang="ru")
    assert joined.story_id == 2, joined.reason


def test_a_great_part_that_a_report_told_is_known_days_later() -> None:
    desk = Desk()
    desk.report("Belarus frees 250 prisoners", "Of them 235 may stay in the country, 15 were taken to Lithuania.")
    told = "Récit d'un des 235 anciens prisonniers libérés au Bélarus et autorisés à rester."
    placed = desk.report("« J'ai répondu : chez moi »", told, hours=120, lang="fr")
    assert placed.story_id == 1, placed.reason


def test_who_welcomes_a_release_by_what_must_not_be_again_speaks_of_it() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 prisoners", "They crossed into Lithuania after US talks.")
    told = "Il presidente lituano ringrazia gli Stati Uniti per i prigionieri arrivati ieri da Minsk."
    placed = desk.report("Nausėda: «Nessuno deve più tornare dietro quelle sbarre»", told, hours=20, lang="it")
    assert placed.story_id == 1, placed.reason


def test_somebody_let_out_is_no_part_of_the_talks_of_the_day_before() -> None:
    desk = Desk()
    desk.report("Coale in Minsk for talks with Lukashenko", "The US envoy stays two days.")
    told = "Le comité se dit soulagé de la libération d'Ales Bialiatski, prisonnier politique au Bélarus."
    placed = desk.report("Oslo se réjouit pour son lauréat", told, hours=20, lang="fr")
    assert placed.story_id != 1, placed.reason


def test_what_comes_next_without_somebody_between_is_still_what_comes_next() -> None:
    desk = Desk()
    desk.report("Belarus frees 250 prisoners", "US envoy John Coale fetched fifteen of them.")
    told = "Спецпасланнік ЗША сказаў пра гэта ў Менску пасля вызвалення."
    title = "Коўл абяцае: прэзідэнты хутка пагавораць без пасярэднікаў"
    placed = desk.report(title, told, hours=20, lang="be")
    assert placed.action is Action.OPEN, placed.reason


def test_a_refusal_days_later_is_apart_even_when_it_repeats_the_number_of_the_call() -> None:
    desk = Desk()
    desk.report("Trump phones Lukashenko, thanks him for 16 freed prisoners", "He asked for 1,300 more.")
    later = desk.report("What Trump's call means for Minsk", "He thanked it for 16 prisoners.", hours=80)
    assert later.story_id == 1, later.reason
    refusal = desk.report(
        "«Ви нам бандитів не підсувайте»: Мінськ про 1300 людей", "16 в'язнів уже відпустили.", hours=150, lang="uk"
    )
    assert refusal.action is Action.OPEN, refusal.reason


def test_who_speaks_only_of_penalties_after_a_release_does_not_join_it() -> None:
    desk = Desk()
    desk.report("Belarus frees 52 prisoners, US lifts sanctions on Belavia", "Envoy Coale was in Minsk.")
    worth = desk.report(
        "Belavia sans sanctions américaines : ce que les loueurs en pensent",
        "Les juristes de l'aérien conseillent d'attendre.",
        hours=24,
        lang="fr",
    )
    assert worth.action is Action.OPEN, worth.reason
    remain = desk.report(
        "Losik two days after his release", "He was one of 52; a thousand remain behind bars.", hours=50
    )
    assert remain.story_id == 1, remain.reason


def test_an_envoy_who_does_not_rule_out_another_release_is_not_the_release() -> None:
    desk = Desk()
    desk.report("Belarus frees 123 prisoners, US lifts sanctions on Belaruskali", "Envoy Coale was in Minsk.")
    told = (
        ("Коул допустил скорое освобождение тысячи заключенных в Белоруссии", "Об этом он сказал Reuters.", "ru"),
        ("Coale nie wyklucza uwolnienia tysiąca więźniów na Białorusi", "Wysłannik mówił o tym Reutersowi.", "pl"),
    )
    for title, text, lang in told:
        placed = desk.report(title, text, hours=24, lang=lang)
        assert placed.story_id != 1, placed.reason


def test_what_an_envoy_foresees_after_his_talks_is_another_story_than_the_talks() -> None:
    desk = Desk()
    desk.report("US delegation in Minsk: Coale meets Lukashenko", "Relatives speak of 150 political prisoners moved.")
    placed = desk.report("Coale hopes for a thousand next", "Trump's envoy to Belarus says when, not whom.", hours=24)
    assert placed.action is Action.OPEN, placed.reason
    echo = desk.report("Коул сподівається на тисячу в'язнів", "Посланець говорив про Білорусь.", hours=30, lang="uk")
    assert echo.story_id == 2, echo.reason


def test_a_stroke_and_a_pregnancy_stay_two_stories_when_one_report_counts_the_52_of_another_day() -> None:
    stroke = [{"v": {"p:statkevich": 1.0, "subject:stroke": 1.0}, "t": ["subject:stroke"], "r": 52}] * 2
    birth = [{"v": {"p:levaya": 1.0, "subject:pregnancy": 1.0}, "t": ["subject:pregnancy"]}] * 2
    assert parted_by_subject(stroke, birth, 0.5)
    assert not parted_by_subject(stroke, stroke, 0.5)
    assert not parted_by_subject(stroke, [{"v": {"p:levaya": 1.0}, "t": []}], 0.5)
