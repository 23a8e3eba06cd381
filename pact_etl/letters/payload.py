"""Letters as the JSON the templates read. Text stays text: no escaping, because no template evaluates it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, time
from typing import Any

from pact_etl.domain.intelligent_mail import bars
from pact_etl.domain.letter import Letter, MeetingInvitation, Sender, StudentRecord

FONT = "Noto Sans"
TITLE = "PACT letters"


def slice_payload(letters: Sequence[Letter], sender: Sender, dated: date) -> str:
    """The whole input of one compile.

    Args:
        letters: the letters of the slice, in print order.
        sender: the letterhead.
        dated: the date in the PDF's metadata, the same for every slice of a batch.
    """
    return json.dumps(
        {
            "title": TITLE,
            "font": FONT,
            "dated": _day(dated),
            "sender": asdict(sender),
            "languages": sorted({code for letter in letters for code in letter.languages}),
            "letters": [_letter(letter) for letter in letters],
        },
        ensure_ascii=False,
    )


def _letter(letter: Letter) -> dict[str, Any]:
    first_names = Counter(student.first_name for student in letter.students)
    return {
        "piece_id": letter.piece_id,
        "languages": letter.languages,
        "page_count": letter.page_count,
        "greeting": letter.recipient.name,
        "address": letter.recipient.lines,
        "bars": bars(letter.imb) if letter.imb else "",
        "meeting": _meeting(letter.meeting),
        "students": [
            _student(student, first_names[student.first_name] > 1) for student in letter.students
        ],
        "as_of": _day(letter.as_of),
        "dispute_by": _day(letter.dispute_by),
        "watermark": letter.watermark,
    }


def _meeting(meeting: MeetingInvitation) -> dict[str, Any]:
    return {
        "date": _day(meeting.date),
        "starts": _clock(meeting.starts),
        "ends": _clock(meeting.ends),
        "place": meeting.place,
        "street": meeting.street,
        "city": meeting.city,
        "rooms": dict(meeting.rooms),
        "parking": dict(meeting.parking),
        "childcare": dict(meeting.childcare),
        "interpreter": dict(meeting.interpreter),
    }


def _student(student: StudentRecord, name_is_shared: bool) -> dict[str, Any]:
    full_name = f"{student.first_name} {student.last_name}".strip()
    return {
        "name": full_name,
        "short_name": full_name if name_is_shared or not student.first_name else student.first_name,
        "grade": student.grade,
        "school_name": student.school_name,
        "district_name": student.district_name,
        "office": {
            "name": student.office.name,
            "phone": student.office.phone,
            "email": student.office.email,
        },
        "entry_date": _day(student.entry_date),
        "enrolled_days": student.enrolled_days,
        "present_days": student.present_days,
        "unexcused_days": [_day(day) for day in student.unexcused_days],
        "occasions_partial": [_day(day) for day in student.occasions_partial],
        "excused_days_count": student.excused_days_count,
        "unverified_count": student.unverified_count,
    }


def _day(day: date) -> tuple[int, int, int]:
    return (day.year, day.month, day.day)


def _clock(moment: time) -> tuple[int, int]:
    return (moment.hour, moment.minute)
