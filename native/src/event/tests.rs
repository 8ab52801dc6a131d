use super::json::MAX_INTEGER;
use super::*;

const NOW: i64 = 1_741_147_200_000;

fn message(rest: &str) -> String {
    format!(r#"{{"type":"message","event_id":"e","shop_id":"s","at":{NOW},"buyer_id":"b"{rest}}}"#)
}

/// A buyer's message with this as the JSON of its text.
fn saying(text: &str) -> String {
    message(&format!(r#","sender":"buyer","text":{text}"#))
}

fn ordered(kind: &str, rest: &str) -> String {
    format!(
        r#"{{"type":"{kind}","event_id":"e","shop_id":"s","at":{NOW},"buyer_id":"b","order_id":"o"{rest}}}"#
    )
}

fn body(raw: &str) -> Option<Body<'_>> {
    let event = read(raw.as_bytes(), NOW)?;
    assert_eq!((&*event.event_id, &*event.shop_id, &*event.buyer_id), ("e", "s", "b"));
    assert_eq!(event.at, NOW);
    Some(event.body)
}

#[track_caller]
fn is_read(raw: &str) {
    assert!(body(raw).is_some(), "{raw}");
}

#[track_caller]
fn is_left(raw: &str) {
    assert_eq!(read(raw.as_bytes(), NOW), None, "{raw}");
}

fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match read(raw.as_bytes(), NOW)?.body {
        Body::Message { text, .. } => Some(text),
        _ => None,
    }
}

#[test]
fn a_message_has_all_it_says() {
    let raw = message(
        r#","sender":"bot","text":"亲，在的 😀","agent_id":"a","content":"card","auto":true,"assist":true"#,
    );
    let found = Body::Message {
        sender: Sender::Bot,
        text: "亲，在的 😀".into(),
        agent_id: Some("a".into()),
        content: Content::Other,
        auto: true,
        assist: true,
    };
    assert_eq!(body(&raw), Some(found));
}

#[test]
fn what_a_message_leaves_out_has_its_default() {
    let found = || Body::Message {
        sender: Sender::Buyer,
        text: "".into(),
        agent_id: None,
        content: Content::Text,
        auto: false,
        assist: false,
    };
    assert_eq!(body(&saying(r#""""#)), Some(found()));
    assert_eq!(body(&saying(r#""","agent_id":null"#)), Some(found()));
    for field in ["content", "auto", "assist"] {
        is_left(&saying(&format!(r#""","{field}":null"#)));
    }
}

#[test]
fn senders_and_contents_are_a_closed_set() {
    for sender in ["buyer", "bot", "system"] {
        is_read(&message(&format!(r#","text":"","sender":"{sender}""#)));
    }
    for content in ["text", "image", "video", "card", "sticker", "file", "recall"] {
        is_read(&saying(&format!(r#""","content":"{content}""#)));
    }
    is_left(&message(r#","text":"","sender":"Buyer""#));
    is_left(&message(r#","text":"","sender":"""#));
    is_left(&saying(r#""","content":"other""#));
    is_left(&saying(r#""","content":"audio""#));
    is_left(&saying(r#""","auto":1"#));
    is_left(&saying(r#""","assist":"true""#));
}

#[test]
fn an_agents_message_needs_the_agent() {
    is_read(&message(r#","text":"","sender":"agent","agent_id":"a""#));
    is_left(&message(r#","text":"","sender":"agent","agent_id":null"#));
    is_left(&message(r#","text":"","sender":"agent""#));
}

#[test]
fn a_transfer_may_come_from_the_queue() {
    let raw = |rest: &str| message(rest).replace("message", "transfer");
    let found = |from_agent_id| Body::Transfer { to_agent_id: "a".into(), from_agent_id };
    assert_eq!(
        body(&raw(r#","to_agent_id":"a","from_agent_id":"z""#)),
        Some(found(Some("z".into())))
    );
    assert_eq!(body(&raw(r#","to_agent_id":"a","from_agent_id":null"#)), Some(found(None)));
    assert_eq!(body(&raw(r#","to_agent_id":"a""#)), Some(found(None)));
    is_left(&raw(r#","to_agent_id":null"#));
    is_left(&raw(r#","from_agent_id":"z""#));
}

#[test]
fn orders_have_what_they_need() {
    let paid = |items| Body::Paid { order_id: "o".into(), amount_minor: 7, items };
    assert_eq!(body(&ordered("paid", r#","amount_minor":7"#)), Some(paid(1)));
    assert_eq!(body(&ordered("paid", r#","amount_minor":7,"items":3"#)), Some(paid(3)));
    assert_eq!(
        body(&ordered("refunded", r#","amount_minor":0"#)),
        Some(Body::Refunded { order_id: "o".into(), amount_minor: 0 })
    );
    assert_eq!(body(&ordered("cancelled", "")), Some(Body::Cancelled { order_id: "o".into() }));
    assert_eq!(
        body(&ordered("flagged", r#","reason":"brushing""#)),
        Some(Body::Flagged { order_id: "o".into() })
    );
    assert_eq!(
        body(&ordered("created", r#","amount_minor":1,"items":1"#)),
        Some(Body::Created { order_id: "o".into() })
    );
    for kind in ["created", "paid", "refunded"] {
        is_left(&ordered(kind, ""));
        for amount in [
            "-1",
            "-0",
            "1.0",
            "1e2",
            "true",
            "null",
            r#""1""#,
            "9007199254740992",
            "18446744073709551621",
        ] {
            is_left(&ordered(kind, &format!(r#","amount_minor":{amount}"#)));
        }
        is_read(&ordered(kind, r#","amount_minor":9007199254740991"#));
    }
    for kind in ["created", "paid"] {
        is_left(&ordered(kind, r#","amount_minor":1,"items":0"#));
        is_left(&ordered(kind, r#","amount_minor":1,"items":null"#));
    }
    is_read(&ordered("refunded", r#","amount_minor":1,"items":0"#)); // it has no items
    is_left(&ordered("flagged", r#","reason":"Brushing""#));
    is_left(&ordered("flagged", ""));
}

#[test]
fn other_types_are_left_to_python() {
    for kind in ["rated", "marked", "presence", "shipped", "Paid", ""] {
        is_left(&ordered(kind, r#","amount_minor":1,"agent_id":"a","stars":5"#));
    }
    is_left(&ordered("paid", r#","amount_minor":1"#).replace(r#""type":"paid","#, ""));
    for kind in ["7", "null", r#"["paid"]"#, r#""pa\id""#] {
        is_left(&ordered("paid", r#","amount_minor":1"#).replace(r#""paid""#, kind));
    }
}

#[test]
fn a_field_that_is_missing_or_there_twice_is_left() {
    for field in ["event_id", "shop_id", "buyer_id", "order_id"] {
        let raw = ordered("cancelled", "");
        is_left(&raw.replace(&format!(r#""{field}""#), r#""x""#));
        is_left(&ordered("cancelled", &format!(r#","{field}":"x""#)));
    }
    is_left(&ordered("cancelled", "").replace(r#""at""#, r#""x""#));
    is_left(&ordered("cancelled", r#","at":1"#));
    is_left(&ordered("cancelled", r#","type":"cancelled""#));
}

#[test]
fn ids_are_counted_in_characters() {
    let with = |id: &str| {
        let raw = saying(r#""""#).replace(r#""event_id":"e""#, &format!(r#""event_id":"{id}""#));
        read(raw.as_bytes(), NOW).map(|event| event.event_id.into_owned())
    };
    for (id, is_good) in [
        ("x".repeat(128), true),
        ("x".repeat(129), false),
        ("😀".repeat(128), true),
        ("😀".repeat(129), false),
        (String::new(), false),
    ] {
        assert_eq!(with(&id), is_good.then_some(id));
    }
    assert_eq!(with(&r"\ud83d\ude00".repeat(128)), Some("😀".repeat(128)));
    assert_eq!(with(&r"\ud83d\ude00".repeat(129)), None);
    assert_eq!(with(r"\u0000"), Some("\0".into()));
}

#[test]
fn escapes_are_what_they_stand_for() {
    let raw = saying(r#""a\"\\\/\b\f\n\r\t\u00e9\uD83D\uDe00\uffff亲""#);
    assert_eq!(text_of(&raw).as_deref(), Some("a\"\\/\u{8}\u{c}\n\r\té😀\u{ffff}亲"));
    for wrong in [
        r"\x",
        r"\U0041",
        r"\u004",
        r"\u004g",
        r"\u+041",
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"\ud800\n",
        r"\ud800\u0041",
        r"\ud800\ud800",
        r"\ud800\ue000",
        r"\ud800\xdc00",
        r"\",
        r"\'",
        r"\N",
    ] {
        is_left(&saying(&format!(r#""{wrong}""#)));
        is_left(&saying(&format!(r#""","unknown":"{wrong}""#)));
        is_left(&saying(&format!(r#""","order_id":"{wrong}""#)));
    }
    is_left(&saying(r#""","\u0061t":1"#)); // the same field again
    is_read(&ordered(r"\u0070aid", r#","\u0061mount_minor":1"#));
    is_read(&ordered("flagged", r#","reason":"brush\u0069ng""#));
    is_left(&ordered("flagged", r#","reason":"brushing\u0000""#));
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let raw = saying(r#""亲，在的""#);
    assert!(matches!(text_of(&raw), Some(Cow::Borrowed("亲，在的"))));
}

#[test]
fn what_ends_a_string_is_found_wherever_it_stands() {
    for length in 0..20 {
        let before = "~\u{7f}é".chars().cycle().take(length).collect::<String>();
        for after in ["", "!", "]]]]]]]]]]]]]]]]]]", "éééééééééé"] {
            let raw = saying(&format!(r#""{before}{after}""#));
            assert_eq!(text_of(&raw), Some(format!("{before}{after}").into()));
            let raw = saying(&format!(r#""{before}\"{after}""#));
            assert_eq!(text_of(&raw), Some(format!("{before}\"{after}").into()));
            for control in 0..b' ' {
                let control = char::from(control);
                is_left(&saying(&format!(r#""{before}{control}{after}""#)));
            }
        }
    }
}

#[test]
fn unknown_fields_may_be_any_scalar() {
    for value in [
        r#""""#,
        r#""\u0041\n""#,
        "0",
        "-0",
        "-1",
        "10",
        "1.5",
        "0.0",
        "1e5",
        "1E+5",
        "1.0e-05",
        "99999999999999999999999",
        "true",
        "false",
        "null",
    ] {
        is_read(&saying(&format!(r#""","x":{value},"x":{value}"#)));
        is_read(&saying(&format!(r#""","order_id":{value},"reason" : {value} "#)));
    }
    for value in [
        "",
        "[]",
        "{}",
        "01",
        "-",
        "-01",
        "00",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "1x",
        "NaN",
        "nul",
        "nulll",
        "True",
        "tru",
        "fals",
        "Infinity",
        "-Infinity",
        "'x'",
        r#""x"#,
        "0x1",
        "1 2",
    ] {
        is_left(&saying(&format!(r#""","x":{value}"#)));
    }
    assert_eq!(body(&saying(r#""","":0"#)), body(&saying(r#""""#)));
}

#[test]
fn space_may_stand_between_all() {
    let raw = " {\t\"type\"\n:\r\"cancelled\" , \"event_id\":\"e\",\"shop_id\":\"s\", \
               \"at\" : 1741147200000 ,\"buyer_id\":\"b\",\"order_id\":\"o\"\n}\r\n\t ";
    is_read(raw);
    is_left(&raw.replace('\t', "\u{b}"));
    is_left(&raw.replace('\t', "\u{a0}"));
}

#[test]
fn what_is_no_object_or_more_than_one_is_left() {
    let good = saying(r#""hi""#);
    is_read(&good);
    for end in 0..good.len() {
        is_left(&good[..end]);
    }
    for raw in ["", " ", "{}", "{,}", "null", "[]", "{\"type\"}", "{\"type\":}", "{1:2}"] {
        is_left(raw);
    }
    for after in ["}", ",", "\0", "x", "{}", " 1"] {
        is_left(&format!("{good}{after}"));
    }
    is_left(&format!("\u{feff}{good}"));
    is_left(&format!("[{good}]"));
    is_left(&good.replace(r#","shop_id""#, r#",,"shop_id""#));
    is_left(&good.replace(r#","shop_id""#, r#" "shop_id""#));
    is_left(&good.replacen('{', "{,", 1));
    is_left(&good.replace('}', ",}"));
}

#[test]
fn bytes_that_are_no_utf8_are_left_wherever_they_stand() {
    for wrong in [&b"\xff"[..], b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] {
        for field in [saying(r#""?""#), saying(r#""","x":"?""#), saying(r#""","?":1"#)] {
            is_read(&field);
            let (before, after) = field.split_once('?').expect("a question mark");
            let raw = [before.as_bytes(), wrong, after.as_bytes()].concat();
            assert_eq!(read(&raw, NOW), None);
        }
    }
}

#[test]
fn a_record_may_have_64_kib() {
    let empty = saying(r#""""#).len();
    is_read(&saying(&format!(r#""{}""#, "x".repeat(MAX_BYTES - empty))));
    is_left(&saying(&format!(r#""{}""#, "x".repeat(MAX_BYTES - empty + 1))));
}

#[test]
fn instants_end_a_day_after_the_clock() {
    let at = |at: i64, now| {
        let raw = saying(r#""""#).replace(&NOW.to_string(), &at.to_string());
        read(raw.as_bytes(), now).map(|event| event.at)
    };
    assert_eq!(at(NOW + DAY, NOW), Some(NOW + DAY));
    assert_eq!(at(NOW + DAY + 1, NOW), None);
    assert_eq!(at(0, 0), Some(0));
    assert_eq!(at(-1, 0), None);
    assert_eq!(at(0, i64::MIN), None);
    assert_eq!(at(MAX_INTEGER as i64, i64::MAX), Some(MAX_INTEGER as i64));
    assert_eq!(at(MAX_INTEGER as i64 + 1, i64::MAX), None);
}
