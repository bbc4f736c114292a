# Jeder Satz auf Deutsch, in der Ordnung von en.ftl. Was hier fehlt, wird auf Englisch gesagt.
# Wir duzen. Befehle heißen im Satz so, wie sie auf Deutsch heißen; ihre Namen kommen mit a bis z aus.

## Teile

credits = { $credits ->
    [one] { $credits } Credit
   *[other] { $credits } Credits
}
returned = { $refunded ->
    [none] Es wurde nichts berechnet.
    [0] Es wurde nichts berechnet.
    [one] { $refunded } Credit wurde erstattet.
   *[other] { $refunded } Credits wurden erstattet.
}
model-named = { $model ->
    [none] Das Modell
   *[other] Das Modell „{ $model }“
}

## Abschnitte eines Auftrags und seine Enden

phase-waiting = { $position ->
    [none] In der Schlange
   *[other] In der Schlange, Platz { $position } von { $waiting }
}
phase-starting = Beginnt
phase-sent = An das Modell geschickt
phase-rendering = { $percent ->
    [none] Wird gerendert
   *[other] Wird gerendert, { $percent } %
}
phase-finishing = Wird fertiggestellt
phase-uploading = Wird hochgeladen
phase-done = Fertig
phase-failed = Fehlgeschlagen
phase-cancelled = Abgebrochen
phase-interrupted = Unterbrochen
phase-undelivered = Gemacht, aber nicht übergeben

note-estimate = geschätzt
note-attempt = Versuch { $attempt }
note-paused = von der Moderation angehalten
note-quiet = seit { $seconds } s nichts Neues

moment-minutes = um { $clock } (in { $minutes } min)
moment-hours = um { $clock } (in { $hours } h)
moment-date = am { $date } um { $clock }

left-window = { $window ->
    [week] für diese Woche
    [month] für diesen Monat
    [last_day] für 24 Stunden
    [last_week] für 7 Tage
    [last_month] für 30 Tage
   *[day] für heute
}
receipt = { $left ->
    [none] Das kostete { credits }.
   *[other] Das kostete { credits }; { left-window } sind { $left } von { $allowance } Credits übrig.
}
cancelled = Abgebrochen. { returned }

## Warum kein Video kam

error-moderation = { $subject ->
    [prompt] Der Sicherheitsfilter des Modells hat diesen Prompt abgelehnt. { returned } Beschreibe es ohne echte Menschen und Marken.
    [image] Der Sicherheitsfilter des Modells hat das Bild abgelehnt, oft wegen eines erkennbaren Gesichts. { returned } Versuch es mit einem anderen Bild.
    [result] Das Video wurde gemacht, aber vom Sicherheitsfilter zurückgehalten. { returned } Der Filter schwankt: Manchmal hilft ein weiterer Versuch.
   *[other] Der Sicherheitsfilter des Modells hat das abgelehnt. { returned } Versuch es mit anderen Worten, ohne echte Menschen und Marken.
}
error-rejected-by-upstream = { model-named } hat die Anfrage abgewiesen und nicht gesagt, warum. { returned } Versuch es mit anderen Worten.
error-rate-limited = { model-named } wird gerade zu oft gefragt. { returned } Versuch es in ein paar Minuten noch einmal.
error-capacity = { model-named } hat gerade keinen Platz. { returned } Versuch es in ein paar Minuten noch einmal, oder nimm ein anderes Modell.
error-timeout = Es kam nicht rechtzeitig ein Video. { returned } Versuch es noch einmal.
error-gateway-timeout = Die Leitung zum Modell lief ab, bevor ein Video kam. { returned } Versuch es noch einmal; ein kürzeres Video kommt eher durch.
error-insufficient-credit = Das Guthaben der Betreiber bei diesem Modell ist aufgebraucht. { returned } Nimm ein anderes Modell, oder sag den Betreibern Bescheid.
error-auth = Das Modell nimmt den Schlüssel der Betreiber nicht an. { returned } Nimm ein anderes Modell, oder sag den Betreibern Bescheid.
error-model-not-found = { model-named } gibt es nicht mehr. { returned } Nimm ein anderes Modell, und sag den Betreibern Bescheid.
error-bad-request = { model-named } konnte mit dieser Anfrage nichts anfangen. { returned } Versuch es mit anderer Länge, anderem Format oder anderem Prompt.
error-no-result = Das Modell wurde fertig, schickte aber kein Video. { returned } Versuch es noch einmal.
error-upstream-error = { model-named } hatte selbst einen Fehler. { returned } Versuch es in ein paar Minuten noch einmal.
error-transport-cut = Die Leitung zum Modell brach ab, bevor das Video kam. { returned } Versuch es noch einmal.
error-pending-poll-required = { model-named } nahm die Anfrage an, sagte aber nie, wie sie ausging. { returned } Versuch es später noch einmal.
error-unknown = Es kam kein Video, und die Antwort des Modells war nicht zu verstehen. { returned } Versuch es noch einmal; passiert es wieder, sag den Betreibern Bescheid.
error-unreachable = { model-named } antwortet nicht. { returned } Versuch es in ein paar Minuten noch einmal, oder nimm ein anderes Modell.
error-result-not-allowed = Das Modell schickte einen Link, dem dieser Bot nicht traut. { returned } Passiert es wieder, sag den Betreibern Bescheid.
error-result-unreachable = Das Video wurde gemacht, ließ sich aber nicht abholen. { returned } Versuch es noch einmal.
error-result-too-large = Das Video ist größer, als die Betreiber erlauben. { returned } Versuch es mit einem kürzeren.
error-result-not-a-video = Was das Modell schickte, ist kein Video. { returned } Versuch es noch einmal.
error-stream-too-large = Die Antwort des Modells nahm kein Ende und wurde abgebrochen. { returned } Versuch es noch einmal.
error-storage-full = Die Betreiber haben keinen Platz mehr für Videos. { returned } Sag ihnen Bescheid, und versuch es später noch einmal.
error-interrupted = Der Bot wurde neu gestartet, während das gerendert wurde. { returned } Versuch es noch einmal: Es kommt nach vorn und kostet nichts.
error-internal = Im Bot selbst ging etwas schief. { returned } Versuch es noch einmal; passiert es wieder, sag den Betreibern Bescheid.

## Warum eine Anfrage nicht angenommen wurde; berechnet wurde nichts

refusal-prompt-empty = Noch gibt es nichts zu filmen. Es wurde nichts berechnet. Sag, was das Video zeigen soll.
refusal-prompt-too-long = { $length } Zeichen; höchstens { $limit } sind erlaubt. Es wurde nichts berechnet. Kürze den Text.
refusal-model-unknown = { $models ->
    [none] Ein Modell „{ $model }“ gibt es nicht. Es wurde nichts berechnet.
   *[other] Ein Modell „{ $model }“ gibt es nicht. Es wurde nichts berechnet. Es gibt: { $models }.
}
refusal-model-retired = { $fallback ->
    [none] Das Modell „{ $model }“ wird nicht mehr angeboten. Es wurde nichts berechnet. Nimm ein anderes.
   *[other] Das Modell „{ $model }“ wird nicht mehr angeboten. Es wurde nichts berechnet. Nimm stattdessen „{ $fallback }“.
}
refusal-length-unknown = { $lengths ->
    [none] Ein Video kann nicht { $seconds } s lang sein. Es wurde nichts berechnet. Wähle eine andere Länge.
   *[other] „{ $model }“ macht keine { $seconds } s. Es wurde nichts berechnet. Wähle: { $lengths } s.
}
refusal-shape-unknown = „{ $model }“ macht dieses Format nicht ({ $shape }). Es wurde nichts berechnet. Wähle: { $shapes }.
refusal-style-unknown = { $styles ->
    [none] „{ $model }“ hat keine Stile. Es wurde nichts berechnet. Lass den Stil weg.
   *[other] „{ $model }“ hat keinen Stil „{ $style }“. Es wurde nichts berechnet. Wähle: { $styles }.
}
refusal-picture-unreadable = Diese Datei ist kein PNG, JPEG oder WebP unter 8 MB. Es wurde nichts berechnet. Versuch es mit einem anderen Bild.
refusal-picture-not-fetched = Dein Bild ließ sich nicht abholen. Es wurde nichts berechnet. Versuch es gleich noch einmal, oder schick das Bild neu.
refusal-no-picture-there = In dieser Nachricht ist kein Bild. Es wurde nichts berechnet. Wähle eine Nachricht, die eins zeigt.
refusal-no-video-there = Diese Nachricht ist keine von mir mit einem Video. Es wurde nichts berechnet. Wähle eine, die ein Video von mir zeigt.
refusal-image-not-taken = „{ $model }“ nimmt kein Bild an. Es wurde nichts berechnet. Lass das Bild weg, oder nimm ein anderes Modell.
refusal-over-allowance = { $rule ->
    [share] Du hast { over-window } { $used } von den { $limit } Credits verbraucht, die ein Mitglied aus dem Topf dieser Gemeinschaft haben darf{ over-price }. Es wurde nichts berechnet.{ over-more }
    [pool] Diese Gemeinschaft hat { over-window } { $used } von ihren { $limit } Credits verbraucht{ over-price }. Es wurde nichts berechnet.{ over-more }
    [ceiling] Du hast { over-window } { $used } von den { $limit } Credits verbraucht, die die Betreiber allen höchstens geben{ over-price }. Es wurde nichts berechnet.{ over-more }
    [host_pool] Diese Gemeinschaft hat { over-window } { $used } von den { $limit } Credits verbraucht, die ihr die Betreiber geben{ over-price }. Es wurde nichts berechnet.{ over-more }
    [budget] Die Betreiber haben Geld für Videos zurückgelegt, und { over-window } reicht der Rest davon nicht mehr. Es wurde nichts berechnet.{ over-more }
   *[person] Du hast { over-window } { $used } von { $limit } Credits verbraucht{ over-price }. Es wurde nichts berechnet.{ over-more }
}
over-window = { $window ->
    [week] diese Woche
    [month] diesen Monat
    [last_day] in den letzten 24 Stunden
    [last_week] in den letzten 7 Tagen
    [last_month] in den letzten 30 Tagen
   *[day] heute
}
over-price = { $price ->
    [none] { "" }
   *[other] , und dieses Video kostet { $price } { $price ->
        [one] Credit
       *[other] Credits
    }
}
over-more = { $resets ->
    [none] { "" }
   *[other] { " " }Mehr gibt es { $resets }.
}
refusal-books-closed = Die Bücher dieses Bots gehen nicht auf; darum beginnt er nichts Neues, bis die Betreiber nachgesehen haben. Es wurde nichts berechnet. Versuch es später noch einmal.
refusal-too-many-waiting = Von dir { $limit ->
    [none] sind schon so viele Videos in Arbeit, wie hineinpassen
    [one] ist schon { $limit } Video in Arbeit
   *[other] sind schon { $limit } Videos in Arbeit
}. Es wurde nichts berechnet. Brich eins ab, oder warte darauf.
refusal-line-full = Die Schlange ist voll. Es wurde nichts berechnet. Versuch es in ein paar Minuten noch einmal.
refusal-not-yours = Dieses Video gehört jemand anderem. Es wurde nichts geändert. Deine zeigt dir /{ command-name-jobs }.
refusal-not-found = Diesen Auftrag gibt es nicht. Es wurde nichts geändert. Deine zeigt dir /{ command-name-jobs }.
refusal-already-over = Dieses Video ist schon fertig. Es wurde nichts geändert. Du findest es mit /{ command-name-jobs }.
refusal-not-over-yet = Dieses Video ist noch nicht fertig. Es wurde nichts geändert. Brich es ab, oder warte darauf.
refusal-not-made = Von diesem Auftrag gibt es kein Video mehr. Es wurde nichts berechnet. Ein neues machst du mit /{ command-name-video }.
refusal-same-id-other-request = Diese Anfrage kam zweimal mit verschiedenen Worten. Es wurde nichts weiter berechnet. Schick sie als neue noch einmal.
refusal-draining = Der Bot wird gleich neu gestartet. Es wurde nichts berechnet. Versuch es in einer Minute noch einmal.
refusal-blocked = Du kannst hier keine Videos machen{ $reason ->
    [none] { "" }
   *[other] { " " }(Grund: „{ $reason }“)
}. Es wurde nichts berechnet. { $resets ->
    [none] { "" }
   *[other] Wieder möglich ist es { $resets }.{ " " }
}Wenn du das anders siehst, wende dich an die Moderation.
refusal-community-paused = Die Moderation hat die Videos hier angehalten{ $reason ->
    [none] { "" }
   *[other] { " " }(Grund: „{ $reason }“)
}. Es wurde nichts berechnet. Was gemacht wird, wird fertig, und was wartet, behält seinen Platz. Versuch es später noch einmal.
refusal-community-full = In dieser Gemeinschaft { $limit ->
    [none] sind schon so viele Videos in Arbeit, wie hineinpassen
    [one] ist schon { $limit } Video in Arbeit, so viel, wie die Moderation erlaubt
   *[other] sind schon { $limit } Videos in Arbeit, so viele, wie die Moderation erlaubt
}. Es wurde nichts berechnet. Versuch es noch einmal, wenn eins davon fertig ist.
refusal-wrong-channel = { $channels ->
    [none] Hier werden keine Videos gemacht. Es wurde nichts berechnet. Frag die Moderation, wo es sie gibt.
   *[other] Hier werden keine Videos gemacht. Es wurde nichts berechnet. Gemacht werden sie in { $channels }.
}
refusal-not-a-moderator = Das ist für die Moderation. Es wurde nichts geändert. { $platform ->
    [telegram] Dazu muss man diese Gruppe verwalten.
   *[discord] Dazu braucht es das Recht „Server verwalten“.
}
refusal-moderators-unknown = Es ließ sich gerade nicht feststellen, wer hier moderiert. Es wurde nichts geändert. Versuch es in einer Minute noch einmal.
refusal-not-in-a-community = In einem privaten Chat gibt es nichts zu moderieren. Es wurde nichts geändert. Nimm es dort, wo deine Gemeinschaft ist.
refusal-limit-out-of-range = { $least ->
    [none] Diese Zahl geht nicht. Es wurde nichts geändert. Nimm eine andere.
   *[other] Diese Zahl geht nicht. Es wurde nichts geändert. Nimm eine von { $least } bis { $most }.
}
refusal-zone-unknown = Eine Zeitzone „{ $zone }“ gibt es nicht. Es wurde nichts geändert. Nenne eine wie Europe/Berlin.
refusal-duration-unknown = „{ $duration }“ ist keine Dauer. Es wurde nichts geändert. Sag es so: 30m, 12h, 7d oder 2w.
refusal-person-unknown = { $name ->
    [none] Es steht nicht da, wen du meinst. Es wurde nichts geändert. Antworte damit auf eine ihrer Nachrichten, oder nenne sie mit @name.
   *[other] { $name } kenne ich noch nicht. Es wurde nichts geändert. Antworte damit stattdessen auf eine ihrer Nachrichten.
}
refusal-not-understood = { $how ->
    [none] Das war nicht zu verstehen. Es wurde nichts geändert. /{ command-name-videomod } allein zeigt, was es gibt.
   *[other] Das war nicht zu verstehen. Es wurde nichts geändert. Sag es so: { $how }
}

## Das Video ist gemacht und aufgehoben, kam aber nicht im Chat an

delivery-too-large-for-chat = Das Video ist gemacht, aber größer, als dieser Chat erlaubt. Es zählt als gemacht und ist aufgehoben. Du findest es mit /{ command-name-jobs }.
delivery-chat-gone = Das Video ist gemacht, aber den Chat, in den es gehört, gibt es nicht mehr. Es zählt als gemacht und ist aufgehoben. Anderswo findest du es mit /{ command-name-jobs }.
delivery-not-permitted = Das Video ist gemacht, aber der Bot darf es hier nicht zeigen. Es zählt als gemacht und ist aufgehoben. Frag die Moderation, und nimm dann /{ command-name-jobs }.
delivery-chat-unreachable = Das Video ist gemacht, aber der Chat war nicht zu erreichen. Es zählt als gemacht und ist aufgehoben. Es wird noch einmal versucht.
delivery-file-gone = Das Video wurde gemacht, aber seine Datei liegt nicht mehr bei den Betreibern. Es zählt als gemacht. Sag den Betreibern Bescheid.

## Eine Statusnachricht in einem Chat

shape-name = { $shape ->
    [portrait] Hochformat 9:16
    [square] Quadrat 1:1
   *[landscape] Querformat 16:9
}
facts = { shape-name } · { $seconds } s · { $model }{ $style ->
    [none] { "" }
   *[other] { " " }· { $style }
}
price-tag = { credits }, bei Misserfolg zurück{ $left ->
    [none] { "" }
   *[other] { " " }· { left-window } noch { $left } von { $allowance }
}
starts-in = Beginnt wohl in { $span }.
started = Begonnen { $when }
usually = meist { $span }
span-seconds = { $from }–{ $to } s
span-minutes = { $from }–{ $to } min
span-minute = etwa { $to } min
took = dauerte { $clock }
ai-generated = KI-generiert
alt-text = KI-generiertes Video{ $prompt ->
    [none] { "" }
   *[other] : { $prompt }
}
job-named = Auftrag { $job }
ready = { $who } dein Video ist fertig.
taken-away = Dieses Video wurde entfernt.
made-private = Dieses Video ist jetzt privat.
link-instead = Das Video ist größer, als man hier hochladen darf. Dieser Link hält vielleicht nicht lange, also sichere es bald: { $link }
sent-elsewhere = Das Video ist gemacht, aber der Bot darf an diese Nachricht keine Dateien hängen. { $way ->
    [direct] Wer es wollte, findet es in den Direktnachrichten.
   *[other] Es steht weiter unten.
} Die Moderation kann „Dateien anhängen“ erlauben.
press-to-follow = Falls das hier stehen bleibt, drück auf „{ button-show }“.

button-cancel = Abbrechen
button-remix = Remix
button-edit = Prompt ändern
button-again = Noch einmal
button-retry-free = Erneut versuchen (vorn in der Schlange, kostenlos)
button-retry = Erneut versuchen
button-private = Privat machen
button-report = Melden
button-delete = Löschen
button-show = Ergebnis zeigen
button-fetch = Zeigen

form-remix = Dieses Video remixen
form-animate = Dieses Bild animieren
form-report = Dieses Video melden
form-prompt = Was soll das Video zeigen?
form-reason = Was stimmt damit nicht?
outdated-form = Dieses Formular ist zu lange her. Nichts wurde berechnet. Öffne es noch einmal.
tried-again-before = Das hast du schon noch einmal versucht, als Auftrag { $job }. Mehr wurde nicht berechnet. Du findest ihn mit /{ command-name-jobs }.
private-meanwhile = Dieses Video wurde inzwischen privat gemacht. Nichts wurde berechnet. Du findest es mit /{ command-name-jobs } und kannst es dort remixen.
film-is-private-here = Dieses Video ist inzwischen privat und wird deshalb hier nicht gezeigt. Nichts wurde berechnet. Du findest es mit /{ command-name-jobs }.
show-later = Das Video ließ sich gerade nicht zeigen. Nichts wurde berechnet, und es bleibt aufbewahrt. Drücke in einer Minute noch einmal „Zeigen“.
no-preference = Egal
models-more = … und { $count ->
    [one] ein weiteres
   *[other] { $count } weitere
}; tippe bei /{ command-name-video } in die Option „{ option-name-model }“, um es zu finden.
reported = Danke. Deine Meldung liegt bei denen, die diesen Bot betreiben.
reported-before = Du hast dieses Video schon gemeldet. Mehr ist nicht nötig.
deleted = Das Video ist gelöscht.
still-in-view = Das ist vermerkt, aber der Bot konnte seine Nachricht nicht ändern, die das Video vielleicht noch zeigt. Lösch diese Nachricht, oder bitte die Moderation darum.
still-making = Es wird noch gemacht; diese Nachricht zählt ab jetzt weiter.
queue = { $waiting ->
    [0] Niemand wartet.
    [one] 1 Video wartet.
   *[other] { $waiting } Videos warten.
} { $running ->
    [0] Keins wird gerade gemacht.
    [one] 1 wird gerade gemacht.
   *[other] { $running } werden gerade gemacht.
}
queue-mine = Deine: { $places }
settings-quiet = Mich anpingen, wenn ein Video fertig ist: { $on ->
    [1] ja
   *[0] nein
}
settings-shape = Format, wenn ich keins nenne: { $shape ->
    [none] das des Modells
   *[other] { shape-name }
}
settings-model = Modell, wenn ich keins nenne: { $model ->
    [none] das der Betreiber
   *[other] { $model }
}
settings-change = Ändern kannst du das mit den Optionen von /{ command-name-settings }.
model-line = **{ $model }**: { $lengths } · { $shapes }{ $styles ->
    [none] { "" }
   *[other] { " " }· Stile: { $styles }
}{ $image ->
    [1] { " " }· nimmt ein Bild an
   *[0] { "" }
}
job-line = `{ $job }` { $phase } · { $prompt }
button-outdated-pressed = Dieser Knopf ist von einer älteren Version. Das Video findest du mit /{ command-name-jobs }.
crowded = In diesem Chat ist gerade zu viel los. Es wurde nichts geändert. Drück in einer Minute noch einmal.
try-again-soon = Das dauerte gerade zu lange. Es wurde nichts geändert. Drück noch einmal.
visibility-name = { $visibility ->
    [private] Nur ich
    [spoiler] Spoiler
   *[everyone] Alle
}
chat-help =
    Mach ein Video mit **/{ command-name-video }**, oder eins aus einem Bild mit **/{ command-name-animate }**.
    Oder öffne das Menü einer Nachricht → Apps → **{ menu-animate }** oder **{ menu-remix }**.
    Deine Videos zeigt **/{ command-name-jobs }**, was du übrig hast **/{ command-name-quota }**, und die Schlange **/{ command-name-queue }**.
    Was es gibt und was es kostet, zeigt **/{ command-name-models }**; wie du es haben willst, sagst du mit **/{ command-name-settings }**.
    Grenzen und vieles mehr setzt die Moderation mit **/{ command-name-videomod }**.
    Ein Video, das misslingt, kostet nichts.

## Die Befehle; auf Telegram heißen sie ebenso

command-name-video = video
command-name-animate = animieren
command-name-jobs = jobs
command-name-quota = guthaben
command-name-queue = warteschlange
command-name-models = modelle
command-name-settings = einstellungen
command-name-help = hilfe
command-video = Ein Video aus Worten machen, oder aus einem Bild
command-animate = Ein Video aus einem Bild machen
command-jobs = Deine Videos, die neuesten zuerst
command-quota = Was du noch übrig hast
command-queue = Die Schlange, und dein Platz darin
command-models = Was es gibt, und was es kostet
command-settings = Wie du deine Videos willst, wenn du nichts dazu sagst
command-help = Was dieser Bot kann
menu-animate = Dieses Bild animieren
menu-remix = Dieses Video remixen
option-name-prompt = prompt
option-name-image = bild
option-name-length = länge
option-name-shape = format
option-name-model = modell
option-name-style = stil
option-name-visibility = sichtbarkeit
option-name-quiet = leise
option-prompt = Was das Video zeigen soll
option-image = Ein Bild, mit dem es beginnt
option-length = Wie viele Sekunden
option-shape = Hoch, quer oder quadratisch
option-model = Wer es macht
option-style = Wie es aussieht
option-visibility = Wer es sieht
option-quiet = Kein Ping, wenn ein Video fertig ist

## Die Konsole, deren Befehle überall gleich heißen

demo-welcome = Das ist Matinee, nur auf diesem Rechner. /help zeigt, was du tippen kannst.

help =
    /video WORTE     ein Video machen; am Ende geht noch length:10 shape:portrait model:{ $model }
    /jobs            deine Videos, die neuesten zuerst
    /quota           was du noch übrig hast
    /cancel [JOB]    ein Video abbrechen, das nicht fertig ist; das kostet nichts
    /help            diese Liste
    /quit            gehen (oder Strg-D)
offer = { $model }: { $lengths }; { $shapes }
offer-length = { $seconds } s für { credits }
unknown-command = { $near ->
    [none] Einen Befehl „{ $command }“ gibt es nicht. /help zeigt alle.
   *[other] Einen Befehl „{ $command }“ gibt es nicht. Meintest du { $near }?
}
not-a-command = Das ist kein Befehl. Soll ein Video daraus werden, beginne mit /video.
option-wrong = „{ $option }“ ist nicht zu verstehen. { $kind ->
    [length] Sag, wie viele Sekunden, zum Beispiel length:10.
   *[shape] Sag landscape, portrait oder square, zum Beispiel shape:portrait.
}
quota = { $left } von { $limit } Credits übrig. { $resets ->
    [none] { "" }
   *[other] Mehr gibt es { $resets }.
}
no-jobs = Du hast noch kein Video gemacht. Versuch /{ command-name-video } ein Leuchtturm im Sturm
nothing-to-cancel = Von dir ist nichts in Arbeit.
which-to-cancel = Von dir ist mehreres in Arbeit; sag, welches: { $jobs }
cancelling = { $job } wird abgebrochen.
accepted = { $job }: { credits }, bei Misserfolg zurück.
leaving = Warte auf das, was in Arbeit ist. Strg-C geht sofort.
unfinished = { $count ->
    [one] { $count } Video ist nicht fertig. Beim nächsten Start geht es weiter, oder es wird erstattet.
   *[other] { $count } Videos sind nicht fertig. Beim nächsten Start gehen sie weiter, oder sie werden erstattet.
}
database-away = Der Bot kommt gerade nicht an seine eigenen Unterlagen. Es wurde nichts geändert. Versuch es in einer Minute noch einmal.

## Telegram: Befehle, Karten und Knöpfe

telegram-welcome =
    Ich mache KI-Videos aus Worten. Probier es aus:
    /{ command-name-video } ein Leuchtturm im Sturm
    Oder sag mir einfach, was du sehen willst, oder schick mir ein Bild. Mehr zeigt /{ command-name-help }. Ein Video, das misslingt, kostet nichts.
telegram-welcome-group =
    Ich mache KI-Videos aus Worten. Probier es aus:
    /{ command-name-video }@{ $bot } ein Leuchtturm im Sturm
    Für eins aus einem Bild antworte auf das Bild mit /{ command-name-animate }@{ $bot } und dem, was geschehen soll. Mehr zeigt /{ command-name-help }@{ $bot }. Ein Video, das misslingt, kostet nichts.
telegram-hello = Hier mache ich KI-Videos. Probier es aus: /{ command-name-video }@{ $bot } ein Leuchtturm im Sturm
telegram-help =
    /{ command-name-video } WORTE – ein Video machen; am Ende geht noch length:10 shape:portrait model:{ $model } style:NAME
    /{ command-name-video } allein – mit Knöpfen wählen
    /{ command-name-animate } – eins aus einem Bild machen: Antworte damit auf ein Foto, oder schreib es unter das Foto
    /{ command-name-jobs } – deine Videos, um sie wiederzusehen
    /{ command-name-cancel } – eins abbrechen, das nicht fertig ist
    /{ command-name-quota } – was du noch übrig hast
    /{ command-name-queue } – die Schlange, und dein Platz darin
    /{ command-name-models } – was es gibt, und was es kostet
    /{ command-name-settings } – wie du es willst, wenn du nichts dazu sagst
    Ein Video, das misslingt, kostet nichts.
telegram-model = { $lengths } · { $shapes }{ $styles ->
    [none] { "" }
   *[other] { " " }· Stile: { $styles }
}{ $image ->
    [1] { " " }· nimmt ein Bild an
   *[0] { "" }
}
animate-how = Da ist kein Bild. Es wurde nichts berechnet. Antworte auf ein Foto mit /{ command-name-animate } und dem, was geschehen soll, oder schick ein Foto und schreib das darunter.
no-jobs-here = Du hast hier noch kein Video gemacht. Versuch /{ command-name-video } ein Leuchtturm im Sturm, oder frag mich in unserem privaten Chat nach /{ command-name-jobs }.
shape-short = { $shape ->
    [portrait] Hochformat
    [square] Quadrat
   *[landscape] Querformat
}
card-title = Neues Video
card-no-words = Noch fehlen die Worte. Drück auf „Ändern“ und sag, was das Video zeigen soll.
card-picture = 🖼 Es beginnt mit deinem Bild.
card-cost = { credits }{ $left ->
    [none] { "" }
   *[other] { " " }· { left-window } hast du noch { $left } von { $limit }
}{ $bonus ->
    [none] { "" }
   *[other] { " " }und { $bonus } geschenkte
}{ $pool ->
    [none] { "" }
   *[other] { " " }· noch { $pool } im Topf
}
card-make = ▶️ Machen ({ credits })
card-edit = ✏️ Ändern
card-cancel = ✖️ Verwerfen
card-taken = Es ist in Arbeit.
card-dropped = Verworfen. Es wurde nichts berechnet.
card-gone = Diese Karte ist zu alt. Es wurde nichts berechnet. Eine neue bekommst du mit /{ command-name-video }.
card-not-yours = Diese Karte gehört jemand anderem. Es wurde nichts geändert. Eine eigene bekommst du mit /{ command-name-video }.
button-not-yours = Dieser Knopf gehört jemand anderem. Es wurde nichts geändert.
private-nowhere = Dieses Video wurde im Namen eines Chats gewünscht, und der hat keinen privaten Chat mit dem Bot. Es wurde nichts geändert. Mit „Löschen“ nimmst du es weg.
button-of-a-channel = Das gehört einem Kanal, in den der Bot nicht sieht. Es wurde nichts geändert. Administratoren hier können drücken; der Kanal selbst kann /{ command-name-cancel } und /{ command-name-video } schreiben.
button-forged = Dieser Knopf ist keiner von mir. Es wurde nichts geändert. Deine Videos findest du mit /{ command-name-jobs }.
ask-words = Antworte hierauf mit dem, was das Video zeigen soll.
ask-no-words = Darin sind weder Worte noch ein Bild. Es wurde nichts geändert. Antworte noch einmal auf die Frage, mit dem, was das Video zeigen soll.
film-is-private = Dieses Video ist privat. Öffne unseren Chat, um es zu sehen.
film-made-private = Jemand von der Moderation hat dieses Video privat gemacht. Wer es wollte, findet es im privaten Chat mit dem Bot.
settings-pinged = 🔔 Ping
settings-unpinged = 🔕 Kein Ping
settings-any-shape = Format egal
settings-any-model = Modell egal
command-name-cancel = abbrechen
command-cancel = Ein Video abbrechen, das nicht fertig ist
report-reason = { $reason ->
    [sexual] Sexuelles
    [violent] Gewalt
    [person] Ein echter Mensch
   *[other] Etwas anderes
}

## Telegram: Statusnachrichten

telegram-button-send-again = Noch einmal schicken
telegram-button-open-private = Privaten Chat öffnen
telegram-ago = { $minutes ->
    [0] gerade eben
   *[other] vor { $minutes } min
}
telegram-crowded = In Arbeit
telegram-crowded-where = Wie es vorangeht, steht auf der Tafel hier, der Nachricht „… Videos sind hier in Arbeit“ (Auftrag { $job }).
telegram-ready = Dein Video ist fertig.
telegram-ready-here = Dein Video ist fertig. Es ist hier, weil der Bot es dort nicht posten darf, wo du es gewünscht hast.
telegram-sent-privately = Das Video ist gemacht. { $why ->
    [rights] Der Bot darf es hier nicht zeigen. Wer es wollte, findet es im privaten Chat mit dem Bot.
   *[wish] Wer es wollte, findet es im privaten Chat mit dem Bot.
}
telegram-held = Das Video ist gemacht und nur für dich, aber der Bot darf dir noch nicht schreiben. Es zählt als gemacht und ist aufgehoben. Öffne den privaten Chat und drück auf „Starten“, dann bekommst du es dort.

## Telegram: die Tafel eines Chats, in dem viel los ist

telegram-board = { $count } Videos sind hier in Arbeit
telegram-board-line = { $phase } · { $prompt } · Auftrag { $job }
telegram-board-more = … und { $count } weitere
telegram-board-why = Solange so viele in Arbeit sind, zählt nur diese Nachricht weiter. Jedes Video kommt in seiner eigenen Nachricht.
telegram-board-done = Alle Videos, die hier gewünscht wurden, sind fertig.
telegram-board-few = Die Tafel ist geschlossen: { $count ->
    [one] das letzte Video zählt in seiner eigenen Nachricht weiter
   *[other] die letzten { $count } Videos zählen in ihren eigenen Nachrichten weiter
}.

## Was die Moderation setzt, tut und sieht; überall gleich

videos-counted = { $credits ->
    [one] { $credits } Video
   *[other] { $credits } Videos
}
limit-said = { $limit ->
    [day] { credits } am Tag
    [week] { credits } in der Woche
    [month] { credits } im Monat
    [last_day] { credits } in je 24 Stunden
    [last_week] { credits } in je 7 Tagen
    [last_month] { credits } in je 30 Tagen
    [running] { videos-counted } zugleich gemacht
    [waiting] { videos-counted } zugleich in Arbeit
    [weight] { $credits } % des üblichen Anteils an der Schlange
    [pool_day] { credits } am Tag
    [pool_week] { credits } in der Woche
    [pool_month] { credits } im Monat
    [pool_share] davon höchstens { $credits } % für eine Person
    [pool_running] { videos-counted } zugleich gemacht
   *[pool_waiting] { videos-counted } zugleich in Arbeit
}
limit-free = { $limit ->
    [day] keine Grenze am Tag
    [week] keine Grenze in der Woche
    [month] keine Grenze im Monat
    [running] keine Grenze für zugleich Gemachtes
    [waiting] keine Grenze für zugleich in Arbeit
    [weight] der übliche Anteil an der Schlange
    [pool_day] keine Grenze am Tag
    [pool_week] keine Grenze in der Woche
    [pool_month] keine Grenze im Monat
    [pool_running] keine Grenze für zugleich Gemachtes
   *[pool_waiting] keine Grenze für zugleich in Arbeit
}
limit-name = { $limit ->
    [day] Credits am Tag
    [week] Credits in der Woche
    [month] Credits im Monat
    [last_day] Credits in je 24 Stunden
    [last_week] Credits in je 7 Tagen
    [last_month] Credits in je 30 Tagen
    [running] Zugleich gemacht
    [waiting] Zugleich in Arbeit (wartend oder gemacht)
    [weight] Anteil an der Schlange, in Prozent des üblichen
    [pool_day] Credits am Tag, für alle zusammen
    [pool_week] Credits in der Woche, für alle zusammen
    [pool_month] Credits im Monat, für alle zusammen
    [pool_share] Was davon eine Person höchstens haben darf, in Prozent
    [pool_running] Zugleich gemacht, für alle zusammen
   *[pool_waiting] Zugleich in Arbeit, für alle zusammen
}
limit-from = { $value } ({ source-name })
source-name = { $source ->
    [person] Person
    [role] Rolle
    [community] Gemeinschaft
   *[installation] Installation
}
rules-zone = Tage beginnen um Mitternacht in { $zone } ({ source-name }).
rules-everybody = Jede Person: { $values }
rules-role = Rolle { $role }: { $values }
rules-person = Person { $person }: { $values }
rules-no-roles = Für Rollen ist nichts gesetzt.
rules-pool = Topf: { $values }
rules-channels = { $channels ->
    [none] Videos kann man sich hier überall wünschen.
   *[other] Videos kann man sich wünschen in: { $channels }
}
rules-order = Zuerst gilt: Person → Rolle → Gemeinschaft → Installation. Von mehreren Rollen gilt die großzügigste.
rules-host = Die Grenzen der Betreiber, was hier auch gesetzt wird: { $day ->
    [none] { "" }
   *[other] { $day } Credits am Tag für eine Person überall
}{ $month ->
    [none] { "" }
   *[other] { $day ->
        [none] { "" }
       *[other] , { "" }
    }{ $month } Credits im Monat für diese Gemeinschaft
}.
rules-paused = ⏸ Videos sind hier angehalten, durch { $by }.
state-paused = ⏸ Angehalten durch { $by } am { $at }{ $reason ->
    [none] { "" }
   *[other] : „{ $reason }“
}
state-job = { $job } · { $phase } · { $person } · { credits }
state-more = … und { $count } mehr
state-block = 🚫 { $person } ist gesperrt, bis { $until ->
    [none] jemand das zurücknimmt
   *[other] { $until }
}{ $reason ->
    [none] { "" }
   *[other] : „{ $reason }“
}
log-line = { $at } · { $did }
log-empty = Noch hat niemand etwas geändert.
act-nothing = Das ist schon so. Es wurde nichts geändert.
act-limit-set = { $by } hat gesetzt: { $limit }, für { $subject ->
    [none] alle
    [pool] den Topf
   *[other] { $subject }
}
act-limit-cleared = { $by } hat zurückgenommen: „{ $limit }“, für { $subject ->
    [none] alle
    [pool] den Topf
   *[other] { $subject }
}
act-channel-allowed = { $by } lässt Videos zu in { $subject }
act-channel-closed = { $by } lässt Videos nicht mehr zu in { $subject }
act-channels-opened = { $by } lässt Videos überall zu
act-zone-set = { $by } hat die Zeitzone gesetzt: { $subject ->
    [none] die der Betreiber
   *[other] { $subject }
}
act-granted = { $by } hat { $subject } { credits } geschenkt, macht { $left } neben dem Üblichen
act-forgiven = { $by } hat { $subject } zurückgesetzt: { credits } zählen nicht mehr
act-blocked = { $by } hat { $subject } gesperrt, bis { $until ->
    [none] jemand das zurücknimmt
   *[other] { $until }
}{ $reason ->
    [none] { "" }
   *[other] : „{ $reason }“
}
act-unblocked = { $by } hat { $subject } entsperrt
act-paused = { $by } hat die Videos hier angehalten{ $reason ->
    [none] { "" }
   *[other] : „{ $reason }“
}
act-resumed = { $by } lässt die Videos weitergehen
act-cancelled = { $by } hat Auftrag { $job } von { $subject } abgebrochen
quota-line = { $rule ->
    [share] Dein Teil am Topf:{ " " }
    [pool] Der Topf:{ " " }
    [ceiling] Deine überall:{ " " }
    [host_pool] Diese Gemeinschaft:{ " " }
   *[person] { "" }
}{ $left } von { $limit } Credits übrig { left-window } ({ source-name }).{ over-more }
quota-unlimited = Dich begrenzt nur, was hier steht.
quota-bonus = Dir daneben geschenkt: { credits }, die nie verfallen.
quota-receipts = Deine letzten Videos:
quota-receipt = { $job } · { $at } · { $hold ->
    [released] { credits } zurück
    [held] { credits } zurückgelegt
   *[captured] { credits }
}

## /videomod: seine Befehle; Namen wie oben

command-name-videomod = videomod
command-videomod = Für die Moderation: Grenzen, die Schlange, und wer Videos machen darf
videomod-name-limits = grenzen
videomod-name-roles = rollen
videomod-name-pool = topf
videomod-name-grant = schenken
videomod-name-reset = zurücksetzen
videomod-name-block = sperren
videomod-name-unblock = entsperren
videomod-name-pause = anhalten
videomod-name-resume = weiter
videomod-name-cancel = abbrechen
videomod-name-status = stand
videomod-name-log = protokoll
videomod-limits = Alle Grenzen auf einen Blick, oder eine setzen; auch Kanäle und Zeitzone
videomod-roles = Was jede Rolle haben darf
videomod-pool = Was alle zusammen haben dürfen, und der Teil einer Person daran
videomod-grant = Jemandem Credits geben, die nie verfallen
videomod-reset = Was jemand bisher verbraucht hat, nicht mehr zählen
videomod-block = Jemanden keine Videos machen lassen
videomod-unblock = Jemanden wieder Videos machen lassen
videomod-pause = Nichts Neues beginnen; was läuft, wird fertig, was wartet, behält seinen Platz
videomod-resume = Weitermachen
videomod-cancel = Irgendein Video abbrechen; es kostet nichts
videomod-status = Was gerade geschieht, und wer gesperrt ist
videomod-log = Wer was wann geändert hat
option-name-who = wer
option-name-limit = grenze
option-name-value = wert
option-name-clear = aufheben
option-name-channel = kanal
option-name-zone = zeitzone
option-name-role = rolle
option-name-person = person
option-name-credits = credits
option-name-duration = dauer
option-name-reason = grund
option-name-job = auftrag
option-who = Ein Mitglied oder eine Rolle; alle, wenn du nichts nennst
option-limit = Was begrenzt wird
option-value = Wie viel
option-clear = Zurücknehmen, sodass das Nächste gilt
option-channel = Ein Kanal, in dem man sich Videos wünschen kann; mit „aufheben“: nicht mehr
option-zone = Die Zeitzone, in der Tage beginnen, etwa Europe/Berlin
option-role = Welche Rolle
option-person = Wem oder wen
option-credits = Wie viele
option-duration = Wie lange, etwa 12h, 7d oder 2w; ohne Angabe, bis du es zurücknimmst
option-reason = Warum; wen es angeht, bekommt es zu lesen
option-job = Welcher
videomod-missing = Sag noch { $what ->
    [value] den Wert, oder „aufheben“
   *[limit] die Grenze
}. Es wurde nichts geändert.
videomod-menu =
    Für alle, die diese Gruppe verwalten. Jedes als /{ command-name-videomod } und dahinter:
    limits – alle Grenzen; day 8, week 20, month 60, running 1, waiting 3 setzen eine für alle, @name day 8 für eine Person, admins day 8 für die Verwaltung, day off nimmt sie zurück
    limits topic here · topic not here · topic everywhere – wo man sich Videos wünschen kann
    limits zone Europe/Berlin – wo die Tage beginnen
    roles – was die Verwaltung haben darf
    pool week 200 · pool share 20 · pool running 2 · pool waiting 9 – was alle zusammen haben dürfen
    grant @name 5 – Credits, die nie verfallen
    reset @name – was verbraucht ist, zählt nicht mehr
    block @name 7d Grund · unblock @name
    pause Grund · resume
    cancel AUFTRAG – irgendein Video abbrechen
    status · log
    Statt @name kannst du auf eine ihrer Nachrichten antworten.
telegram-admins = Verwaltung
telegram-anonymous = Wer anonym verwaltet
telegram-somebody = jemand (Nummer { $number })
telegram-general = das Thema Allgemein
telegram-topic = Thema { $number }
