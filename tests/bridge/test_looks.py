"""Which names look the same to people, whatever they are written with; and which do not."""

import subprocess
import sys
from itertools import combinations

import pytest

from bridge.lookalikes import ASCII, folded
from bridge.looks import Present, look


@pytest.mark.parametrize(
    "alike",
    [
        ("Ada", "ada", "АDА", "Аda", "Ꭺda", "ａｄａ", "𝐀𝐝𝐚", "A\u200bd\u2060a", "\u202eAda\u202c", "<ada>"),
        ("Bob", "Вob", "BOB", "B0b", "ВОВ", "Ьоb", "bоb"),
        ("Ian", "lan", "1an", "ⅼan", "Іan", "ıan", "ian"),
        ("admin", "ADM1N", "аdmіn", "adrnin", "αdmin"),
        ("Hubbub", "Hubbսb", "НUВВUВ"),
        ("Вова", "вова", "ВОВА"),
        ("Ann-Lee", "Ann\u2010Lee", "ann‑lee"),
        ("O'Neil", "O’Neil", "0`Neil"),
        ("Ann Lee", "Ann_Lee", "Ann\u3000Lee"),
        ("مريم", "مریم"),
    ],
)
def test_names_that_look_the_same(alike):
    assert len({look(name) for name in alike}) == 1, {name: look(name) for name in alike}


NAMES = {
    "Russian": "Анна Яна Инна Ольга Олег Игорь Иван Илья Лев Глеб Юрий Юлия Вера Вика Витя Виталий Сева "
    "Паша Даша Маша Миша Гриша Надя Катя Коля Толя Оля Поля Зоя Зина Нина Дима Рома Тома Тимур Борис",
    "Ukrainian": "Іван Ірина Їжакевич Юлія Ганна Галина Олена Оксана Остап Тарас Богдан Євген",
    "Greek": "Νίκος Νίκη Γιώργος Μαρία Μάριος Ελένη Άννα Γιάννης Κώστας Κατερίνα Δημήτρης Χρήστος Πέτρος",
    "Chinese": "王小明 王小朋 李明 李朋 李娜 李丽 张伟 张纬 刘洋 刘阳 土豆 士兵",
    "Japanese": "さくら ゆい ゆき はる はるか ハル ハルカ 大翔 大輔 ニコ リコ ソラ ンラ",
    "Korean": "민준 민주 지우 지유 지호 지후 하은 하윤 도윤 도현 간아 가나",
    "Arabic": "محمد محمود أحمد حمد علي عالية عمر عمرو حسن حسين مريم ليلى فاطمة سعيد سعد نور",
    "Hebrew": "דוד דנה נועה נעם יעל יואב רון רונית אבי אביב שרה שירה",
    "English": "Ada Ann Anna Al Ali Ben Bob Rob Dan Don Eve Ian Ivan Jan Jen Kim Lee Leo Mia Max Sam Sue Tim",
}  # fmt: skip


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_people_of_one_script_are_not_taken_for_each_other(names):
    looks = {name: look(name) for name in names.split()}
    assert not [(one, other) for one, other in combinations(looks, 2) if looks[one] == looks[other]]


def test_what_is_said_of_ascii_is_what_the_table_says():
    assert {sign: folded()[sign] for sign in ASCII} == ASCII
    for sign in map(chr, range(33, 127)):
        alike = {chr(other) for other, text in folded().items() if other > 127 and text == look(sign)}
        assert alike or not sign.isalnum(), "nothing is taken for it, so that the table has changed its form"


def test_who_is_present_bears_a_name_that_looks_so():
    present = Present()
    present.add("u", "Вo\u200bb")
    assert "bob" in present
    assert "rob" not in present


@pytest.mark.parametrize(("name", "read"), [("Ada", False), ("Ана", True)])
def test_the_table_is_read_when_a_name_needs_it(name, read):
    code = (
        "import bridge.compose.namesakes; from bridge.looks import look; "
        f"from bridge.lookalikes import folded; look({name!r}); print(folded.cache_info().currsize)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ran.stdout) == read
