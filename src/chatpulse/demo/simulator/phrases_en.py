"""What people write in English, by topic; the blanks are those of `phrases_zh`."""

from __future__ import annotations

from typing import Final

from .topic import Phrases, Topic

SIZE: Final = Topic(
    asks=(
        "what size should I take for the {p}? usually {s}",
        "is the {p} true to size",
        "do you have the {p} in {s}",
        "I am 17{n} cm, 6{n} kg, is {s} ok for the {p}",
        "measurements of the {p} {s} please",
    ),
    answers=(
        "The {p} is true to size, {s} should fit you well.",
        "Could you tell me your height and weight, please?",
        "If you like it loose, go one size up from {s}.",
        "There is a size chart in picture {n} of the page.",
    ),
)
STOCK: Final = Topic(
    asks=(
        "is the {p} in stock",
        "when will {s} be back in stock",
        "can I get {n} pieces of the {p}",
        "is the {p} a pre-order item",
    ),
    answers=(
        "Yes, the {p} in {s} is in stock and ships within {n} days.",
        "Only {n} left in {s}, please be quick.",
        "We expect it back in about {n} weeks.",
    ),
)
PRICE: Final = Topic(
    asks=(
        "any discount on the {p}",
        "is {c} the final price",
        "do you have a coupon for new customers",
        "the {p} was cheaper yesterday",
        "free shipping if I buy {n}",
    ),
    answers=(
        "It is {c} now, that is the lowest price this month.",
        "Follow the shop and you get a coupon of {n} yuan.",
        "Two pieces are {n}% off at checkout.",
        "Shipping is free within the mainland.",
    ),
)
QUALITY: Final = Topic(
    asks=(
        "is the {p} original",
        "what material is the {p}",
        "how long is the warranty of the {p}",
        "can I machine wash the {p}",
        "some reviews say the {p} smells",
    ),
    answers=(
        "We are the official store, all items are original.",
        "The {p} has a warranty of {n} years.",
        "Cold wash is fine, do not tumble dry.",
        "Please air it for {n} days, the smell goes away.",
    ),
)
SHIPPING: Final = Topic(
    asks=(
        "how long does shipping take",
        "when will you ship the {p}",
        "can you ship by express",
        "do you ship abroad",
    ),
    answers=(
        "Orders paid before 4 pm leave the same day.",
        "Usually {n} days after dispatch.",
        "Yes, with a surcharge of {n} yuan for express.",
    ),
)
PARCEL: Final = Topic(
    asks=(
        "where is my order {o}",
        "tracking of {o} has not moved for {n} days",
        "it says delivered but I did not get it, {o}",
        "can I still change the address of {o}",
    ),
    answers=(
        "Order {o} is on its way and should arrive in {n} days.",
        "I have asked the carrier and will tell you as soon as I know.",
        "The address has been changed for you.",
        "Sorry for the delay, it leaves the warehouse today.",
    ),
)
RETURNS: Final = Topic(
    asks=(
        "I want to return order {o}",
        "the {p} arrived broken",
        "you sent the wrong size, I ordered {s}",
        "when do I get my refund for {o}",
    ),
    answers=(
        "Sorry about that! Could you send a photo, please?",
        "Please apply for the return in the order {o}.",
        "The refund arrives within {n} working days.",
        "We send a new one in {s} and pay the postage.",
    ),
)

PHRASES: Final = Phrases(
    presale=(SIZE, STOCK, PRICE, QUALITY, SHIPPING),
    aftersale=(PARCEL, RETURNS),
    ordered=Topic(
        asks=(
            "I have ordered the {p}, can you change the price",
            "I forgot the coupon in {o}",
            "please note for {o}: size {s}",
        ),
        answers=(
            "I see your order, the price is adjusted, please refresh.",
            "Noted, {o} ships first once it is paid.",
        ),
    ),
    openers=("Hi", "Hello", "Hi there", "Good evening"),
    leads=("", "", "", "Hi, ", "Hello, ", "hey, ", "Excuse me, "),
    tails=("", "", "?", "?", "??", " please", ", thanks"),
    nags=("hello?", "anyone there", "??", "are you there", "still waiting", "please reply"),
    closers=("ok", "thanks", "OK thanks", "thank you", "bye"),
    partings=("great, thanks", "got it", "I'll think about it"),
    farewells=("You are welcome, have a nice day!", "Thanks for visiting, come back soon."),
    greetings=("Welcome to {shop}! How can I help you?",),
    away=("Our team is online from 8:30 to 24:00 (UTC+8), we will answer then.",),
    auto=("Hello, this is {a}, one moment please.",),
    fillers=("One moment, let me check.", "Sure.", "Anything else I can do for you?"),
    handovers=("Let me hand you over to a colleague.",),
    chases=(
        "Your order of the {p} is not paid yet, any question?",
        "Order {o} closes in {n} hours, shall I help you with the payment?",
    ),
    assists=("You find the tracking of {o} under My Orders.", "Returns are free for 7 days."),
    joins=("{a} is now serving you", "The chat was transferred to {a}"),
    mobile="my phone is 13{d}, call me on arrival",
)
