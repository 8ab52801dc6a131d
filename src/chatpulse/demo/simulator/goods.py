"""What the simulated shops sell: names in two languages, prices in fen, sizes."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["zh", "en"]


class Product(NamedTuple):
    """One article; `price_minor` is the price of one piece in fen."""

    zh: str
    en: str
    price_minor: int
    sizes: tuple[str, ...]


CLOTHES: Final = ("S", "M", "L", "XL", "2XL")
SHOES: Final = ("36", "37", "38", "39", "40", "41", "42", "43")
CHILD: Final = ("100", "110", "120", "130", "140")
ONE: Final = ("均码",)
VOLUME: Final = ("30ml", "50ml", "100ml")

PRODUCTS: Final = (
    Product("纯棉圆领T恤", "cotton crew-neck T-shirt", 5_900, CLOTHES),
    Product("加绒连帽卫衣", "fleece hoodie", 15_900, CLOTHES),
    Product("轻薄羽绒服", "light down jacket", 49_900, CLOTHES),
    Product("高腰直筒牛仔裤", "high-waist straight jeans", 18_900, CLOTHES),
    Product("羊毛双面呢大衣", "wool coat", 89_900, CLOTHES),
    Product("真丝衬衫", "silk shirt", 36_900, CLOTHES),
    Product("碎花连衣裙", "floral dress", 21_900, CLOTHES),
    Product("速干运动短裤", "quick-dry shorts", 7_900, CLOTHES),
    Product("小白鞋", "white sneakers", 23_900, SHOES),
    Product("透气跑鞋", "running shoes", 32_900, SHOES),
    Product("马丁靴", "leather boots", 39_900, SHOES),
    Product("儿童雨靴", "kids rain boots", 6_900, CHILD),
    Product("儿童防晒衣", "kids sun jacket", 9_900, CHILD),
    Product("玻尿酸精华液", "hyaluronic serum", 12_900, VOLUME),
    Product("氨基酸洗面奶", "amino cleanser", 6_800, VOLUME),
    Product("防晒喷雾", "sunscreen spray", 8_800, VOLUME),
    Product("316不锈钢保温杯", "steel thermos", 11_900, ("350ml", "500ml", "750ml")),
    Product("空气炸锅", "air fryer", 29_900, ("4L", "6L")),
    Product("蓝牙降噪耳机", "noise-cancelling earbuds", 39_900, ONE),
    Product("氮化镓快充头", "GaN charger", 9_900, ("45W", "65W", "100W")),
    Product("全棉四件套", "cotton bedding set", 32_900, ("1.5米床", "1.8米床")),
    Product("乳胶枕", "latex pillow", 15_900, ONE),
    Product("帆布托特包", "canvas tote bag", 8_900, ONE),
    Product("每日坚果礼盒", "mixed nuts gift box", 9_900, ("30包", "60包")),
)
"""The catalogue; every shop sells all of it."""

CARRIERS: Final = ("顺丰", "中通", "圆通", "韵达", "极兔", "邮政")
CITIES: Final = ("杭州", "广州", "成都", "北京", "西安", "武汉", "上海", "沈阳", "郑州", "昆明")
