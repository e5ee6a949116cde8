"""What is wrong, in the four languages, for the problems that every service can have.

A problem's code is the last part of its type, or what Pydantic calls it (`errors` of problem details); what a
service says of its own problems is added to these by its pages, also of one field alone: `<code>.<field>`.
"""

from chassis.i18n.translations import Lines, by_language, of_problems

_LINES: Lines = {
    "other": ("Het systeem weigert dit.", "Le système refuse ceci.", "Das System lehnt dies ab.", "The system refuses this."),
    "other_at": ("Wat bij {where} staat, klopt niet.", "Ce qui figure sous {where} n'est pas correct.", "Was bei {where} steht, stimmt nicht.", "What stands at {where} is not right."),
    "unsent": ("Op deze pagina staat nog iets dat u niet verstuurde: dat gaat verloren. Toch doorgaan?", "Cette page contient encore quelque chose que vous n'avez pas envoyé : ce sera perdu. Continuer quand même ?", "Auf dieser Seite steht noch etwas, das Sie nicht gesendet haben: Es geht verloren. Trotzdem fortfahren?", "Something on this page is not sent yet and would be lost. Go on all the same?"),
    "forbidden": ("Dit mag u niet zien of doen", "Vous ne pouvez ni voir ni faire ceci", "Das dürfen Sie nicht sehen oder tun", "You may not see or do this"),
    "not-found": ("Deze pagina bestaat niet, of niet voor u.", "Cette page n'existe pas, ou pas pour vous.", "Diese Seite gibt es nicht, oder nicht für Sie.", "There is no such page, or not for you."),
    "retryable": ("Er is even een storing. Probeer het zo opnieuw.", "Le service est perturbé. Réessayez dans un instant.", "Der Dienst ist kurz gestört. Gleich noch einmal versuchen.", "The service is disturbed for a moment. Try again shortly."),
    "body-too-large": ("Dit is te groot.", "C'est trop volumineux.", "Das ist zu groß.", "This is too large."),
    **dict.fromkeys(
        ("missing", "string_type", "string_too_short", "uuid_type", "date_type", "datetime_type", "bool_type"),
        ("Vul dit in: het is verplicht.", "À remplir : c'est obligatoire.", "Bitte ausfüllen: Dies ist erforderlich.", "Fill this in: it is required."),
    ),
    "too_short": ("Vul er minstens één in.", "Indiquez-en au moins un.", "Bitte mindestens eines angeben.", "Give at least one."),
    "string_too_long": ("Dit is te lang: hoogstens {max_length} tekens.", "C'est trop long : {max_length} caractères au plus.", "Das ist zu lang: höchstens {max_length} Zeichen.", "This is too long: at most {max_length} characters."),
    **dict.fromkeys(
        ("text_nul", "text_surrogate", "string_unicode"),
        ("Hierin staat een teken dat niet kan worden bewaard: typ het opnieuw.", "Ce texte contient un caractère qui ne peut pas être conservé : retapez-le.", "Darin steht ein Zeichen, das nicht gespeichert werden kann: bitte neu eingeben.", "This holds a character that cannot be kept: type it again."),
    ),
    "text_invisible": ("Hier is niets te lezen: vul iets in dat zichtbaar is.", "Il n'y a rien de lisible ici : indiquez quelque chose de visible.", "Hier ist nichts zu lesen: bitte etwas Sichtbares eingeben.", "There is nothing to read here: fill in something that can be seen."),
    "date_out_of_bounds": ("Deze datum kan niet: kies een jaar van 1900 tot 2199.", "Cette date est impossible : choisissez une année de 1900 à 2199.", "Dieses Datum geht nicht: bitte ein Jahr von 1900 bis 2199 wählen.", "This date cannot be: choose a year from 1900 to 2199."),
    "moment_out_of_bounds": ("Dit tijdstip kan niet: kies een jaar van 2000 tot 2199.", "Ce moment est impossible : choisissez une année de 2000 à 2199.", "Dieser Zeitpunkt geht nicht: bitte ein Jahr von 2000 bis 2199 wählen.", "This time cannot be: choose a year from 2000 to 2199."),
    "string_pattern_mismatch": ("Dit is niet geschreven zoals het moet.", "Ce n'est pas écrit comme il faut.", "Das ist nicht richtig geschrieben.", "This is not written as it should be."),
    **dict.fromkeys(
        ("literal_error", "enum"),
        ("Dit kan niet: kies een van de mogelijkheden.", "Impossible : choisissez une des possibilités.", "Das geht nicht: bitte eine der Möglichkeiten wählen.", "This cannot be: choose one of what is possible."),
    ),
    **dict.fromkeys(
        ("date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("Dit is geen datum die bestaat. Schrijf ze zo: 1990-05-31.", "Cette date n'existe pas. Écrivez-la ainsi : 1990-05-31.", "Dieses Datum gibt es nicht. Bitte so schreiben: 1990-05-31.", "This is no date that exists. Write it like this: 1990-05-31."),
    ),
    **dict.fromkeys(
        ("datetime_parsing", "datetime_from_date_parsing", "timezone_aware"),
        ("Dit is geen datum met een uur.", "Ce n'est pas une date avec une heure.", "Das ist kein Datum mit Uhrzeit.", "This is no date with a time."),
    ),
    "uuid_parsing": ("Dit nummer klopt niet: kopieer het helemaal.", "Ce numéro n'est pas correct : copiez-le en entier.", "Diese Nummer stimmt nicht: bitte vollständig kopieren.", "This number is not right: copy all of it."),
}  # fmt: skip

PROBLEMS = by_language(of_problems(_LINES))
