"""News of nothing in particular for benchmarks, in eight languages: the same number always gives the same text.

Sentences are put together from who, did, what, where and why; about one in three holds a number, and one word in
fifteen or so is a name made of syllables that hardly comes twice, as names in real news. So neither a branch that one
repeated sentence always takes nor a memory of words makes the text cheaper than real news is.
"""

from __future__ import annotations

import random

_WHO = {
    "en": "the town council|local farmers|two hospital doctors|a group of students|the regional bank|"
    "railway workers|the education ministry|a retired teacher|several shop owners|the national team|"
    "its new director|the opposition party|fire crews|the environment agency|"
    "scientists at the institute|museum visitors|the prime minister|a court in the port",
    "ru": "городской совет|местные фермеры|врачи районной больницы|группа студентов|региональный банк|"
    "железнодорожники|министерство образования|учительница на пенсии|владельцы магазинов|"
    "сборная страны|новый директор|партия большинства|пожарные расчёты|агентство по охране природы|"
    "учёные института|посетители музея|премьер-министр|суд портового города",
    "be": "гарадскі савет|мясцовыя фермеры|лекары раённай бальніцы|група студэнтаў|рэгіянальны банк|"
    "чыгуначнікі|міністэрства адукацыі|настаўніца на пенсіі|уладальнікі крам|зборная краіны|"
    "новы дырэктар|жыхары вёскі|пажарныя|агенцтва па ахове прыроды|навукоўцы інстытута|наведнікі музея|"
    "прэм’ер-міністр|суд партовага горада",
    "uk": "міська рада|місцеві фермери|лікарі районної лікарні|група студентів|регіональний банк|"
    "залізничники|міністерство освіти|вчителька на пенсії|власники крамниць|збірна країни|"
    "новий директор|партія більшості|пожежники|агентство з охорони довкілля|науковці інституту|"
    "відвідувачі музею|прем’єр-міністр|суд портового міста",
    "pl": "rada miasta|miejscowi rolnicy|lekarze szpitala powiatowego|grupa studentów|bank regionalny|"
    "kolejarze|ministerstwo edukacji|emerytowana nauczycielka|właściciele sklepów|reprezentacja kraju|"
    "nowa dyrektorka|partia opozycyjna|strażacy|urząd ochrony środowiska|naukowcy z instytutu|"
    "goście muzeum|premier rządu|sąd w mieście portowym",
    "de": "der Stadtrat|Bauern aus der Gegend|zwei Ärzte des Krankenhauses|eine Gruppe von Studenten|"
    "die Regionalbank|Beschäftigte der Bahn|das Bildungsministerium|eine pensionierte Lehrerin|"
    "mehrere Ladenbesitzer|die Nationalmannschaft|der neue Direktor|die größte Oppositionspartei|"
    "die Feuerwehr|das Umweltamt|Forscher des Instituts|Besucher des Museums|der Ministerpräsident|"
    "ein Gericht der Hafenstadt",
    "fr": "le conseil municipal|des agriculteurs de la région|deux médecins de l’hôpital|"
    "un groupe d’étudiants|la banque|les cheminots|le ministère de l’Éducation|"
    "une institutrice à la retraite|plusieurs commerçants|l’équipe nationale|le nouveau directeur|"
    "le parti d’opposition|les pompiers|l’agence de l’environnement|des chercheurs de l’institut|"
    "les visiteurs du musée|le Premier ministre|un tribunal de la ville portuaire",
    "lt": "miesto taryba|vietos ūkininkai|rajono ligoninės gydytojai|studentų grupė|regiono bankas|"
    "geležinkelininkai|švietimo ministerija|į pensiją išėjusi mokytoja|parduotuvių savininkai|"
    "šalies rinktinė|naujasis direktorius|opozicijos partija|ugniagesiai|aplinkos agentūra|"
    "instituto mokslininkai|muziejaus lankytojai|premjeras|uosto teismas",
}
_DID = {
    "en": "approved|has criticised|will discuss|opened|wants to change|showed|has put off|lost|counted again|"
    "is preparing|refused to sign|welcomed|sold|had promised|is still looking for|repaired|"
    "met to talk about|published",
    "ru": "одобрил|раскритиковали|обсудят|открыла|хочет изменить|показали|отложило|потеряла|пересчитали|"
    "готовит|отказался подписать|приветствуют|продал|обещали|до сих пор ищут|отремонтировали|"
    "встретились ради|опубликовал",
    "be": "ухваліў|раскрытыкавалі|абмяркуюць|адкрыла|хоча змяніць|паказалі|адклала|страціла|пералічылі|"
    "рыхтуе|адмовіўся падпісаць|вітаюць|прадаў|абяцалі|дагэтуль шукаюць|адрамантавалі|сабраліся дзеля|"
    "апублікаваў",
    "uk": "схвалила|розкритикували|обговорять|відкрила|хоче змінити|показали|відклало|втратила|перерахували|"
    "готує|відмовився підписати|вітають|продав|обіцяли|досі шукають|відремонтували|зібралися заради|"
    "опублікував",
    "pl": "zatwierdziła|skrytykowali|omówią|otworzyła|chce zmienić|pokazali|odłożyło|straciła|"
    "policzyli na nowo|przygotowuje|odmówiła podpisania|przyjęli z zadowoleniem|sprzedał|obiecali|"
    "wciąż szukają|naprawili|spotkali się w sprawie|opublikował",
    "de": "billigte|kritisierten|berät über|eröffnete|will ändern|zeigten|verschob|verlor|"
    "zählten noch einmal|bereitet vor|weigerte sich zu unterschreiben|begrüßten|verkaufte|"
    "hatten versprochen|suchen noch immer|reparierten|trafen sich wegen|veröffentlichte",
    "fr": "a approuvé|ont critiqué|examinera|a ouvert|veut changer|ont montré|a reporté|a perdu|ont recompté|"
    "prépare|a refusé de signer|ont salué|a vendu|avaient promis|cherchent toujours|ont réparé|"
    "se sont réunis au sujet de|a publié",
    "lt": "patvirtino|sukritikavo|svarstys|atidarė|nori pakeisti|parodė|atidėjo|prarado|perskaičiavo|rengia|"
    "atsisakė pasirašyti|palankiai įvertino|pardavė|žadėjo|vis dar ieško|suremontavo|susitiko dėl|"
    "paskelbė",
}
_WHAT = {
    "en": "the new timetable for buses|a bridge over the river|next year's budget|the price of bread|"
    "an exhibition of old maps|the second match of the season|plans for a wind farm|"
    "an agreement with teachers|the results of the survey|its oldest ship|a report on air quality|"
    "the reform of pensions|school meals|the festival programme|a loan for small firms|the road works",
    "ru": "новое расписание автобусов|мост через реку|бюджет следующего года|цену на хлеб|"
    "выставку старых карт|второй матч сезона|проект ветропарка|соглашение с учителями|итоги опроса|"
    "самое старое судно|доклад о качестве воздуха|пенсионную реформу|школьные обеды|"
    "программу фестиваля|кредит для малых предприятий|дорожные работы",
    "be": "новы расклад аўтобусаў|мост праз раку|бюджэт наступнага года|кошт хлеба|выставу старых мап|"
    "другі матч сезона|праект ветрапарка|пагадненне з настаўнікамі|вынікі апытання|самы стары карабель|"
    "даклад пра якасць паветра|пенсійную рэформу|школьныя абеды|праграму фестывалю|"
    "крэдыт для малых прадпрыемстваў|дарожныя працы",
    "uk": "новий розклад автобусів|міст через річку|бюджет наступного року|ціну на хліб|виставку старих мап|"
    "другий матч сезону|проєкт вітропарку|угоду з учителями|підсумки опитування|найстаріше судно|"
    "доповідь про якість повітря|пенсійну реформу|шкільні обіди|програму фестивалю|"
    "кредит для малих підприємств|дорожні роботи",
    "pl": "nowy rozkład autobusów|most na rzece|przyszłoroczny budżet|cenę chleba|wystawę starych map|"
    "drugi mecz sezonu|plany farmy wiatrowej|umowę z nauczycielami|wyniki ankiety|najstarszy statek|"
    "raport o jakości powietrza|reformę emerytur|obiady w szkołach|program festiwalu|"
    "kredyt dla małych firm|roboty drogowe",
    "de": "den neuen Fahrplan der Busse|eine Brücke über den Fluss|den Haushalt des nächsten Jahres|"
    "den Preis für Brot|eine Ausstellung alter Karten|das zweite Spiel der Saison|"
    "Pläne für einen Windpark|eine Vereinbarung mit den Lehrern|die Ergebnisse der Umfrage|"
    "ihr ältestes Schiff|einen Bericht über die Luft|die Rentenreform|das Essen in den Schulen|"
    "das Programm des Festivals|einen Kredit für kleine Betriebe|die Straßenarbeiten",
    "fr": "le nouvel horaire des bus|un pont sur la rivière|le budget de l’an prochain|le prix du pain|"
    "une exposition de cartes|le deuxième match de la saison|un projet de parc éolien|"
    "un accord avec les enseignants|les résultats de l’enquête|son plus vieux navire|"
    "un rapport sur la qualité de l’air|la réforme des retraites|les repas des écoles|"
    "le programme du festival|un prêt aux petites entreprises|les travaux de voirie",
    "lt": "naują autobusų tvarkaraštį|tiltą per upę|kitų metų biudžetą|duonos kainą|senų žemėlapių parodą|"
    "antras sezono rungtynes|vėjo jėgainių parko planus|susitarimą su mokytojais|apklausos rezultatus|"
    "seniausią laivą|oro kokybės ataskaitą|pensijų reformą|mokyklų pietus|festivalio programą|"
    "paskolą mažoms įmonėms|kelio darbus",
}
_WHEN = {
    "en": "on Monday|in {name}|after {n} years|near the village of {name}|before the winter|"
    "for {n} thousand euros|despite protests from {n} families|at a meeting led by {name} {name}|"
    "for the first time since {year}|this week",
    "ru": "в понедельник|в городе {name}|спустя {n} лет|у деревни {name}|до начала зимы|за {n} тысяч евро|"
    "несмотря на протест {n} семей|на встрече с {name} {name}|впервые с {year} года|на этой неделе",
    "be": "у панядзелак|у горадзе {name}|праз {n} гадоў|каля вёскі {name}|да пачатку зімы|за {n} тысяч еўра|"
    "нягледзячы на пратэст {n} сем’яў|на сустрэчы з {name} {name}|упершыню з {year} года|"
    "на гэтым тыдні",
    "uk": "у понеділок|у місті {name}|через {n} років|біля села {name}|до початку зими|за {n} тисяч євро|"
    "попри протест {n} родин|на зустрічі з {name} {name}|уперше з {year} року|цього тижня",
    "pl": "w poniedziałek|w mieście {name}|po {n} latach|koło wsi {name}|przed zimą|za {n} tysięcy euro|"
    "mimo protestu {n} rodzin|na spotkaniu z {name} {name}|pierwszy raz od {year} roku|w tym tygodniu",
    "de": "am Montag|in {name}|nach {n} Jahren|beim Dorf {name}|noch vor dem Winter|für {n} Tausend Euro|"
    "trotz des Protests von {n} Familien|bei einem Treffen mit {name} {name}|"
    "zum ersten Mal seit {year}|in dieser Woche",
    "fr": "lundi|à {name}|après {n} ans|près du village de {name}|avant l’hiver|pour {n} mille euros|"
    "malgré la protestation de {n} familles|lors d’une réunion avec {name} {name}|"
    "pour la première fois depuis {year}|cette semaine",
    "lt": "pirmadienį|{name} mieste|po {n} metų|prie {name} kaimo|prieš žiemą|už {n} tūkstančių eurų|"
    "nepaisant {n} šeimų protesto|susitikime su {name} {name}|pirmą kartą nuo {year} metų|šią savaitę",
}
_WHY = {
    "en": "because costs have risen|and nobody was hurt|, a spokeswoman said|while talks go on|"
    "; work starts in spring|, which surprised many|so that trains run on time|"
    ", according to the paper|although money is short|",
    "ru": "из-за роста расходов|, никто не пострадал|, сообщила пресс-служба|пока идут переговоры|"
    "; работы начнутся весной|, что удивило многих|чтобы поезда шли вовремя|, пишет газета|"
    "хотя денег мало|",
    "be": "праз рост выдаткаў|, ніхто не пацярпеў|, паведаміла прэс-служба|пакуль ідуць перамовы|"
    "; працы пачнуцца вясной|, што здзівіла многіх|каб цягнікі хадзілі своечасова|, піша газета|"
    "хоць грошай мала|",
    "uk": "через зростання витрат|, ніхто не постраждав|, повідомила пресслужба|поки тривають переговори|"
    "; роботи почнуться навесні|, що здивувало багатьох|щоб потяги ходили вчасно|, пише газета|"
    "хоча грошей обмаль|",
    "pl": "z powodu wzrostu kosztów|, nikt nie ucierpiał|, poinformowała rzeczniczka|"
    "podczas gdy rozmowy trwają|; prace ruszą wiosną|, co wielu zaskoczyło|"
    "aby pociągi jeździły punktualnie|, pisze gazeta|choć brakuje pieniędzy|",
    "de": "weil die Kosten gestiegen sind|, verletzt wurde niemand|, sagte eine Sprecherin|"
    "während die Gespräche weitergehen|; die Arbeiten beginnen im Frühjahr|, was viele überraschte|"
    "damit die Züge pünktlich fahren|, schreibt die Zeitung|obwohl das Geld knapp ist|",
    "fr": "car les coûts ont augmenté|, personne n’a été blessé|, a indiqué une porte-parole|"
    "pendant que les discussions durent|; les travaux commencent au printemps|"
    ", ce qui en a surpris beaucoup|pour que les trains soient à l’heure|, selon le journal|"
    "bien que l’argent manque|",
    "lt": "nes išaugo išlaidos|, niekas nenukentėjo|, sakė atstovė spaudai|kol vyksta derybos|"
    "; darbai prasidės pavasarį|, o tai daug ką nustebino|kad traukiniai važiuotų laiku|"
    ", rašo laikraštis|nors trūksta pinigų|",
}
LANGS = tuple(_WHO)
_SYLLABLES = {
    True: "ba ko ri mel dun tar vik os lin hav ger no sul pet ra wen fal mo cas bri",
    False: "ба ко ри мел дун тар вик ос лин хав гер но сул пет ра вен фал мо кас бри",
}
_LATIN = frozenset(("en", "pl", "de", "fr", "lt"))
_NUMBERS = (2, 3, 4, 6, 7, 12, 15, 18, 24, 30, 45, 60, 80, 150)


class Writer:
    """Writes sentences of one language; two writers with the same number write the same."""

    def __init__(self, lang: str, number: int) -> None:
        self.lang = lang
        self._random = random.Random(f"{lang}{number}")  # noqa: S311 - the same text for the same number
        self._syllables = _SYLLABLES[lang in _LATIN].split()

    def sentence(self) -> str:
        parts = [self._random.choice(table[self.lang].split("|")) for table in (_WHO, _DID, _WHAT, _WHEN, _WHY)]
        text = " ".join(part for part in parts if part).replace(" ,", ",").replace(" ;", ";")
        while "{name}" in text:
            text = text.replace("{name}", self._name(), 1)
        text = text.replace("{n}", str(self._random.choice(_NUMBERS)))
        return text[0].upper() + text[1:].replace("{year}", str(self._random.randint(1950, 2024))) + "."

    def text(self, size: int, mixed_in: list[str] | None = None, every: int = 1) -> str:
        """At least `size` characters; `mixed_in` texts stand first and after every so many sentences."""
        others = list(mixed_in or ())
        sentences: list[str] = []
        length = 0
        while length < size:
            due = others and len(sentences) % (every + 1) == 0
            sentences.append(others.pop(0) if due else self.sentence())
            length += len(sentences[-1]) + 1
        return " ".join(sentences)

    def _name(self) -> str:
        return "".join(self._random.choices(self._syllables, k=self._random.randint(2, 4))).capitalize()
