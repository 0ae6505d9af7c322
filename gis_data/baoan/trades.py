"""What the invented projects are drawn from: trades, products, syllables of firms, usual needs, stated ones.

Data for `make_projects`; none of the firms is meant to be a real one.
"""

from __future__ import annotations

from typing import Any

Cells = dict[str, Any]

# fmt: off
COLUMNS = (
    "project_id", "name", "firm", "industry", "secondary_industries", "cluster", "tier", "chain_role",
    "supplies", "investment_yi", "output_yi", "tax_yi", "jobs", "rnd_yi", "year_first", "year_last", "part",
    "part_industry", "accepts", "land_m2", "land_max_m2", "gfa_m2", "far_min", "clear_height_m",
    "load_kn_m2", "column_grid_m", "vibration_class", "fire_class", "lift_piece_t", "lift_flow_t_per_shift",
    "power_kva", "water_m3_day", "waste_water_m3_day", "gas_m3_day", "wet_process", "protective_distance_m",
    "land_classes", "note",
)
# fmt: on
"""Columns of the projects table, a row a part."""

# cluster, industry, how many, other industries, word of the trade, what is built
TRADES = """
C01 A01.1 14 A04.1 通信 光传输设备,小基站,基站天线,路由交换设备,射频前端模组,光模块,通信测试仪器,工业网关
C01 A04.1 6 A01.1 光电 光芯片封装器件,高速连接器,石英频率器件,微波陶瓷滤波器
C01 D7 1 A04.1 光算 可见光通信模组
C02 A03.1 6 B1 微电子 电源管理芯片,车规控制芯片,射频芯片,物联网芯片
C02 A03.2 3 B1 半导体 功率器件晶圆,微机电传感晶圆,特色工艺晶圆,化合物半导体晶圆
C02 A03.3 9 B1 封测 晶圆级封装,功率模块封装,存储芯片测试,系统级封装,传感器封测,先进基板封装
C02 A03.4 6 B1;A06.1 芯装备 刻蚀设备,清洗设备,量测设备,减薄抛光设备,固晶设备,光刻胶涂布设备
C03 A02.1 2 A02.2 显示 微型发光显示面板,氧化物背板
C03 A02.2 10 A02.1;A01.1 视界 车载显示模组,商用大屏,激光电视整机,触控模组,超高清摄录终端,拼接显示屏
C04 A01.2 11 A04.1 穿戴 智能手表,智能眼镜,无线耳机,健康手环,头戴显示器
C04 A02.2 7 A01.2 智终端 行业平板终端,手持终端,折叠屏铰链与整机,智能家居终端
C05 A04.1 13 A06.4 传感 压力传感器,毫米波雷达传感器,惯性传感器,气体传感器,图像传感模组,微型电感,片式电容
C06 B5 8 D2;D5 软件 工业软件,车路云平台,安全可信数据平台,产业互联网平台,嵌入式操作系统
C06 D2 1 B5 链数 区块链存证平台
C07 C07 5 B5 数创 数字内容,虚拟拍摄,三维动画,数字文旅
C08 C08 7 A01.2 时尚 精密钟表,眼镜光学件,智能服饰,珠宝首饰
C09 A06.2 9 A04.2;B2 数控 五轴加工中心,龙门加工中心,数控车床,精密磨床,重型镗铣床,高速雕铣机
C09 A06.1 6 A06.2;B2 精工 超精密加工件,精密模具,三坐标测量机,微细加工件
C09 A04.2 6 A06.2;B2 机芯 高精度主轴,静压导轨,光栅尺
C10 A05.1 6 A04.2 机器人 焊接机器人,重载搬运机器人,协作机器人,喷涂机器人,移动搬运机器人
C10 A05.2 10 A06.3 灵机 配送服务机器人,康复机器人,巡检机器人,清洁机器人,教育机器人
C10 A04.2 5 A05.1 驱动 谐波减速器,伺服驱动器,机器人控制器,关节模组
C11 A06.3 13 B2;A07.2 激光 光纤激光器,激光切割装备,激光焊接成套线,金属三维打印装备,激光清洗装备,增材打印服务
C12 A06.4 13 A06.1 仪器 电子测量仪器,光谱分析仪,自动化仪表,医用检测仪器,视觉检测仪,时间频率仪器
C12 D8 1 A06.4 量子 量子精密测量装置
C13 A08.1 8 B4;A07.3 储能 储能电芯,便携储能系统,动力电池包,储能变流器,固态电池
C13 A07.3 4 B4;A08.1 新能材 磷酸铁锂正极材料,石墨烯导电剂,光伏封装材料
C14 C14 7 A06.3 节能环保 工业废气治理装备,节能电机,环境监测装备,再生资源分选装备,应急安全装备
C15 A08.2 8 B3;A08.1 智驾 智能网联整车,线控底盘,座舱域控制器,轻量化车身件,智能车灯
C15 A08.1 5 B3;B4 电驱 电驱动总成,车载电源,热管理系统
C16 A07.1 3 A07.3 高分子 特种工程塑料,光学功能膜,碳纤维复合材料
C16 A07.2 3 A06.3 合金 高强铝合金,稀土功能材料,打印金属粉末
C16 A07.4 2 A11.1 生材 可降解植入材料,医用胶原材料
C16 A07.5 2 A07.1 材研 高通量材料研发平台,电子化学品验证平台
C17 A06.4 8 A11.2 医械 超声影像设备,手术导航设备,呼吸支持设备,内窥镜
C17 D5 1 A06.4 脑机 脑机接口康复设备
C17 A11.1 5 D3 基因 基因测序仪,核酸提取仪,测序试剂
C18 A11.2 5 C18;D3 诊断 体外诊断试剂,基因检测服务,伴随诊断
C18 C18 2 D1 生物药 蛋白药物,多肽制剂
C18 D1 1 C18 合成生物 生物基原料发酵
C18 D3 2 A11.2 细胞 细胞制剂,病毒载体
C19 C19 6 A11.2 健康 功能食品,智能康养设备,口腔护理产品,睡眠监测产品
C20 A10.1 2 A10.2 海工 海洋平台结构件,海上风电导管架构件,海洋牧场装备
C20 A10.2 3 A10.1 海装 动力定位系统,平台钻井模块,深水阀门
C20 A10.3 3 D6 深海 水下机器人,声学探测设备,深海耐压舱
B6 A09.1 5 B6 星载 微小卫星总装,北斗终端,星载相控阵天线
B6 A09.2 2 B6;D4 临空 临近空间飞艇,高空长航时平台
B6 A09.3 9 B6 飞行 物流无人机,巡检无人机,载人飞行器部件,飞控系统,无人机机库
""".strip()
SYLLABLES = (
    tuple("榕屿朔禾砚岑垚湫蓼岫霁泠旸汐棠槿"),
    tuple("衡渡桁筱澜珩鹂篁汀陌"),
    tuple("川序野垣岚杉屿稷泽"),
)
TAILS = {
    "plot": "制造基地 智能工厂 生产基地 产业化基地 量产基地",
    "fab": "生产线 量产线",
    "heavy": "装配基地 重型车间 整机制造基地",
    "ground": "首层重载车间 装配车间 试验与装配车间",
    "low": "智能车间 加工中心 示范产线 装调中心",
    "up": "上楼产线 柔性制造中心 中试与量产线 智造中心 研发制造中心",
    "office": "研发中心 创新中心 设计中心",
    "base": "总部与生产基地 研发总部及制造基地 总部制造项目",
    "mother": "母工厂 研发与母工厂 研发制造一体项目",
    "wet2": "制造及电镀项目 制造与表面处理项目",
    "wet3": "总部、制造及电镀项目 总部制造与表面处理项目",
}
HQ = {
    "part_industry": "B5",
    "accepts": "U",
    "load_kn_m2": 4,
    "clear_height_m": 3.2,
    "fire_class": "戊",
    "land_classes": "M1;M0",
}
LAB = {
    "accepts": "U",
    "load_kn_m2": 5,
    "clear_height_m": 3.4,
    "vibration_class": "VC-A",
    "fire_class": "丙",
    "land_classes": "M1;M0",
    "wet_process": "no",
}
WET = {
    "accepts": "G;L",
    "load_kn_m2": 10,
    "clear_height_m": 4.6,
    "fire_class": "丁",
    "wet_process": "yes",
    "protective_distance_m": 50,
    "land_classes": "M1",
}


def kinds_of(rule: dict[str, str], industry: str) -> dict[str, float]:
    """Return how likely each shape of project is for a trade, by what its processes accept."""
    accepts = rule["accepts"]
    if rule["land_classes"] == "M0":
        return {"office": 1.0}
    if industry in ("A03.2", "A02.1"):
        return {"fab": 1.0}
    if accepts == "P":
        return {"plot": 0.66, "base": 0.26, "wet3": 0.08}
    if accepts == "P;G":
        return {"plot": 0.46, "heavy": 0.26, "ground": 0.12, "mother": 0.16}
    if accepts in ("G;L", "L"):
        return {"plot": 0.20, "low": 0.52, "mother": 0.18, "base": 0.10}
    plated = 0.22 if industry in ("A04.1", "A02.2") else 0.0
    return {"plot": 0.14, "up": 0.68 - plated, "base": 0.18, "wet2": plated * 0.7, "wet3": plated * 0.3}


def stated() -> list[Cells]:
    """Return the projects that are stated: the large ones, and those that ask for what no place has.

    Each has ``parts`` beside the cells of its project; ``leader`` and ``supplier`` mark its place in a chain.
    """

    def one(cluster: str, industry: str, firm: str, name: str, tier: str, *parts: Cells, **more: Any) -> Cells:
        cells = {"cluster": cluster, "industry": industry, "firm": firm, "name": name, "tier": tier, **more}
        return {**cells, "parts": [{"part": "main", **part} for part in parts]}

    def plot(land_ha: float, most_ha: float, far: float, **more: Any) -> Cells:
        return {
            "accepts": "P",
            "land_m2": land_ha * 1e4,
            "land_max_m2": most_ha * 1e4,
            "gfa_m2": land_ha * 1e4 * far,
            **more,
        }

    top, key, scale = "战略级", "关键性", "规模级"
    fab = {"water_m3_day": 24000, "waste_water_m3_day": 20000, "gas_m3_day": 9000, "protective_distance_m": 100}
    return [
        one(
            "C02",
            "A03.2",
            "微电子",
            "车规与工业特色工艺晶圆生产线",
            top,
            plot(24.2, 28, 1.2, power_kva=92000, **fab),
            leader=True,
            year_first=2026,
            year_last=2029,
            secondary_industries="B1",
        ),
        one(
            "C15",
            "A08.2",
            "智驾",
            "智能网联整车与测试一体化基地",
            top,
            plot(24.5, 28.5, 0.9, power_kva=26000),
            leader=True,
            year_first=2026,
            year_last=2029,
            secondary_industries="B3",
        ),
        one(
            "C02",
            "A03.2",
            "半导体",
            "碳化硅功率器件晶圆生产线",
            top,
            plot(15.2, 19, 1.25, power_kva=64000, **fab),
            leader=True,
            year_first=2026,
            year_last=2029,
            secondary_industries="B1",
        ),
        one(
            "C03",
            "A02.1",
            "显示",
            "微型发光显示面板量产线",
            top,
            plot(17.5, 21.5, 1.3, power_kva=70000, **fab),
            year_first=2027,
            year_last=2030,
        ),
        one(
            "C13",
            "A08.1",
            "储能",
            "大容量储能电芯量产基地",
            top,
            plot(21.5, 25, 1.2, power_kva=48000),
            leader=True,
            year_first=2027,
            year_last=2030,
            secondary_industries="B4",
        ),
        one(
            "C04",
            "A01.2",
            "智终端",
            "智能终端总部与灯塔工厂",
            top,
            plot(15.0, 19.5, 1.9, part="production", power_kva=24000),
            {**HQ, "part": "hq", "gfa_m2": 14000},
            leader=True,
            year_first=2026,
            year_last=2028,
        ),
        one(
            "C02",
            "A03.2",
            "芯材",
            "大硅片与外延片生产线",
            top,
            plot(28.0, 36, 1.1, power_kva=100000, **fab),
            year_first=2027,
            year_last=2030,
        ),
        one(
            "C15",
            "A08.2",
            "整车",
            "新能源商用车整车基地",
            top,
            plot(40.0, 46, 0.8, power_kva=36000),
            year_first=2027,
            year_last=2030,
            note="连片用地需求大于区内最大连片空间",
        ),
        one(
            "C09",
            "A06.2",
            "重机",
            "超重型数控镗铣床首层装配线",
            key,
            {"accepts": "G", "gfa_m2": 3000, "load_kn_m2": 25, "clear_height_m": 7.0, "power_kva": 900},
            note="荷载高于任何一层厂房，又不愿单独拿地",
        ),
        one(
            "C09",
            "A06.2",
            "压机",
            "多工位伺服压力机装配车间",
            scale,
            {"accepts": "G", "gfa_m2": 2600, "load_kn_m2": 15, "clear_height_m": 9.5, "power_kva": 700},
            note="净高高于任何一层厂房，又不愿单独拿地",
        ),
        one(
            "C16",
            "A07.1",
            "电子化学",
            "高纯电子溶剂分装上楼产线",
            scale,
            {
                "accepts": "U",
                "gfa_m2": 3600,
                "load_kn_m2": 6.5,
                "clear_height_m": 3.5,
                "fire_class": "甲",
                "power_kva": 500,
            },
            note="甲类不得上楼",
        ),
        one(
            "C11",
            "A06.3",
            "粉末",
            "金属粉末打印服务上楼产线",
            scale,
            {"accepts": "L", "gfa_m2": 2200, "fire_class": "乙", "power_kva": 600},
            note="乙类实践中不上楼",
        ),
        one(
            "B6",
            "A09.2",
            "风洞",
            "高塔式垂直风洞与试飞装配基地",
            key,
            plot(2.6, 3.4, 1.5, clear_height_m=58, power_kva=9000),
            note="厂房净高58米，机场净空面下的地块放不下",
        ),
        one(
            "C05",
            "A04.1",
            "敏感元件",
            "敏感元件湿法刻蚀上楼产线",
            scale,
            {
                "accepts": "U",
                "gfa_m2": 16000,
                "load_kn_m2": 9,
                "clear_height_m": 4.2,
                "wet_process": "yes",
                "power_kva": 2600,
            },
            note="湿法工艺只接受高楼层",
        ),
        one(
            "C06",
            "B5",
            "云软",
            "软件与数据总部园",
            key,
            plot(2.0, 2.6, 6.8, land_classes="M0"),
            note="要求容积率高于各地块上限",
        ),
        one(
            "C01",
            "A04.1",
            "线路板",
            "高多层通信线路板（含电镀）生产项目",
            key,
            {"part": "production", "accepts": "U;L", "gfa_m2": 6200, "load_kn_m2": 7.5, "power_kva": 950},
            {
                **WET,
                "part": "wet",
                "gfa_m2": 2400,
                "power_kva": 720,
                "water_m3_day": 420,
                "waste_water_m3_day": 380,
            },
            supplier=True,
            year_first=2026,
            year_last=2028,
        ),
        one(
            "C12",
            "A06.4",
            "量仪",
            "精密仪器全系列集中上楼基地",
            key,
            {"accepts": "U", "gfa_m2": 30000, "power_kva": 2900},
            year_first=2027,
            year_last=2030,
            note="连续楼层需求大于任何一栋厂房的空置楼层",
        ),
        one(
            "C20",
            "A10.1",
            "海工",
            "深水导管架总装基地",
            key,
            plot(9.0, 11, 0.7, load_kn_m2=30),
            year_first=2026,
            year_last=2026,
            note="只接受2026年开工",
        ),
    ]
