"""IANA's names of Microsoft Advertising's timezones.

As Microsoft maps them for its scripts (learn.microsoft.com/advertising/scripts/concepts/
timezone-mapping). A name stands for several places; where their clocks are not the same today, it
is that whose offset Microsoft documents (guides/time-zones), such as Athens for "Athens, Bucharest,
Istanbul". Where none has this offset, nothing is certain, and the timezone is not known:
AlmatyNovosibirsk and CasablancaMonrovia.
"""

from collections.abc import Mapping
from typing import Final

IANA: Final[Mapping[str, str]] = {
    "AbuDhabiMuscat": "Asia/Dubai",
    "Adelaide": "Australia/Adelaide",
    "Alaska": "America/Anchorage",
    "AmsterdamBerlinBernRomeStockholmVienna": "Europe/Berlin",
    "Arizona": "America/Phoenix",
    "AstanaDhaka": "Asia/Dhaka",
    "AthensBuckarestIstanbul": "Europe/Athens",
    "AtlanticTimeCanada": "America/Halifax",
    "AucklandWellington": "Pacific/Auckland",
    "Azores": "Atlantic/Azores",
    "Baghdad": "Asia/Baghdad",
    "BakuTbilisiYerevan": "Asia/Baku",
    "BangkokHanoiJakarta": "Asia/Bangkok",
    "BeijingChongqingHongKongUrumqi": "Asia/Shanghai",
    "BelgradeBratislavaBudapestLjubljanaPrague": "Europe/Budapest",
    "BogotaLimaQuito": "America/Bogota",
    "Brasilia": "America/Sao_Paulo",
    "Brisbane": "Australia/Brisbane",
    "BrusselsCopenhagenMadridParis": "Europe/Paris",
    "Bucharest": "Europe/Bucharest",
    "BuenosAiresGeorgetown": "America/Argentina/Buenos_Aires",
    "Cairo": "Africa/Cairo",
    "CanberraMelbourneSydney": "Australia/Sydney",
    "CapeVerdeIsland": "Atlantic/Cape_Verde",
    "CaracasLaPaz": "America/Caracas",
    "CentralAmerica": "America/Guatemala",
    "CentralTimeUSCanada": "America/Chicago",
    "ChennaiKolkataMumbaiNewDelhi": "Asia/Kolkata",
    "ChihuahuaLaPazMazatlan": "America/Mazatlan",
    "Darwin": "Australia/Darwin",
    "EasternTimeUSCanada": "America/New_York",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "FijiKamchatkaMarshallIsland": "Pacific/Fiji",
    "Greenland": "America/Nuuk",
    "GreenwichMeanTimeDublinEdinburghLisbonLondon": "Europe/London",
    "GuadalajaraMexicoCityMonterrey": "America/Mexico_City",
    "GuamPortMoresby": "Pacific/Port_Moresby",
    "HararePretoria": "Africa/Harare",
    "Hawaii": "Pacific/Honolulu",
    "HelsinkiKyivRigaSofiaTallinnVilnius": "Europe/Kyiv",
    "Hobart": "Australia/Hobart",
    "IndianaEast": "America/Indiana/Indianapolis",
    "InternationalDateLineWest": "Etc/GMT+12",
    "IrkutskUlaanBataar": "Asia/Irkutsk",
    "IslamabadKarachiTashkent": "Asia/Tashkent",
    "Jerusalem": "Asia/Jerusalem",
    "Kabul": "Asia/Kabul",
    "Kathmandu": "Asia/Kathmandu",
    "Krasnoyarsk": "Asia/Krasnoyarsk",
    "KualaLumpurSingapore": "Asia/Singapore",
    "KuwaitRiyadh": "Asia/Riyadh",
    "MidAtlantic": "America/Noronha",
    "MidwayIslandAndSamoa": "Pacific/Midway",
    "MoscowStPetersburgVolgograd": "Europe/Moscow",
    "MountainTimeUSCanada": "America/Denver",
    "Nairobi": "Africa/Nairobi",
    "Newfoundland": "America/St_Johns",
    "Nukualofa": "Pacific/Tongatapu",
    "OsakaSapporoTokyo": "Asia/Tokyo",
    "PacificTimeUSCanadaTijuana": "America/Los_Angeles",
    "Perth": "Australia/Perth",
    "Rangoon": "Asia/Yangon",
    "Santiago": "America/Santiago",
    "SarajevoSkopjeWarsawZagreb": "Europe/Warsaw",
    "Saskatchewan": "America/Regina",
    "Seoul": "Asia/Seoul",
    "SolomonIslandNewCaledonia": "Pacific/Guadalcanal",
    "SriJayawardenepura": "Asia/Colombo",
    "Taipei": "Asia/Taipei",
    "Tehran": "Asia/Tehran",
    "Vladivostok": "Asia/Vladivostok",
    "WestCentralAfrica": "Africa/Lagos",
    "Yakutsk": "Asia/Yakutsk",
}

#: Four have another spelling where a report is ordered.
_OF_REPORTS: Final[Mapping[str, str]] = {
    "AthensBuckarestIstanbul": "AthensIslandanbulMinsk",
    "IslamabadKarachiTashkent": "IslandamabadKarachiTashkent",
    "MidwayIslandAndSamoa": "MidwayIslandandSamoa",
    "SolomonIslandNewCaledonia": "MagadanSolomonIslandNewCaledonia",
}

_BY_IANA: Final[Mapping[str, str]] = {iana: name for name, iana in IANA.items()}


def of_report(iana: str) -> str:
    """Microsoft's name, in an order for a report, of the timezone that it mapped to ``iana``; "" if
    it is none of them.
    """
    name = _BY_IANA.get(iana, "")
    return _OF_REPORTS.get(name, name)
