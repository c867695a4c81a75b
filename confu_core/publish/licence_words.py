"""The words that licences are written with: phrases without spaces, hyphens and accents, and what each means."""

from __future__ import annotations

__all__ = ["CC0", "CODES", "NOT_IN_NAMES", "PHRASES", "PUBLIC", "RESERVED"]

RESERVED, CC0, PUBLIC = "all-rights-reserved", "CC0-1.0", "PDM-1.0"

_NAMES = {
    CC0: "cc0 cczero creativecommonszero creativecommons0 norightsreserved",
    PUBLIC: "pd pdm publicdomain publicdomainmark publicdomainwork publicdomaindedication inthepublicdomain pddc"
    " publicdomaindedicationandcertification pdself pdauthor pduser gemeinfrei domainepublic dominiopublico"
    " pubblicodominio publiekdomein",
    "MIT": "mit mitlicense mitlicence themitlicense",
    "Apache-2.0": "apache2 apache2.0 apachelicense2.0 apachelicenseversion2.0",
    "BSD-2-Clause": "bsd2clause",
    "BSD-3-Clause": "bsd3clause",
    "ODC-By-1.0": "odcby odcby1.0 opendatacommonsattribution opendatacommonsattribution1.0"
    " opendatacommonsattributionlicense opendatacommonsattributionlicense1.0"
    " opendatacommonsattributionlicensev1.0",
    "ODbL-1.0": "odbl odbl1.0 odcodbl opendatabaselicense opendatabaselicense1.0",
    "PDDL-1.0": "pddl pddl1.0 odcpddl opendatacommonspublicdomain1.0",
    "GPL-3.0-only": "gpl3 gpl3.0 gplv3 gplv3.0 gpl3.0only gnugpl3.0 gnugplv3 gnugpl3.0only",
    "GPL-3.0-or-later": "gpl3.0orlater gplv3orlater gpl3.0+ gplv3+ gnugpl3.0orlater",
    RESERVED: "allrightsreserved rightsreserved allrightreserved arr proprietary copyrighted incopyright noreuse"
    " donotcopy donotdistribute notforredistribution noredistribution allerechtevorbehalten tousdroitsreserves"
    " todoslosderechosreservados todososdireitosreservados tuttiidirittiriservati allerechtenvoorbehouden",
}
_PARTS = {
    "BY": "by attribution attrib attributions atribution namensnennung atribucion reconocimiento atribuicao"
    " attribuzione naamsvermelding paternite",
    "NC": "nc noncommercial noncomercial noncommerical nocommercial notcommercial nocommercialuse noncommercialuse"
    " noncommercialuseonly noncommercialonly fornoncommercialuse fornoncommercialuseonly notforcommercialuse"
    " nichtkommerziell nichtkommerzielle keinekommerziellenutzung pasdutilisationcommerciale noncommerciale"
    " nocomercial usonocomercial naocomercial usonaocomercial nietcommercieel",
    "ND": "nd noderivs noderiv noderivatives noderivative noderivates noderivations noderivitives nonderivative"
    " nonderivatives nonderivs noderivativeworks noderivedworks nomodifications nomodification noadaptations"
    " keinebearbeitung keinebearbeitungen pasdemodification pasdemodifications pasdoeuvrederivee sinderivadas"
    " sinderivar sinobraderivada sinobrasderivadas semderivacoes semderivados semobrasderivadas nonoperederivate"
    " geenafgeleidewerken",
    "SA": "sa sharealike weitergabeuntergleichenbedingungen partagedanslesmemesconditions partagealidentique"
    " partageselonlesconditionsinitiales compartirigual compartilhaigual partilhanosmesmostermos"
    " condividiallostessomodo gelijkdelen",
}
_MEANT = {
    "CC": "cc creativecommons creativecommon",
    "BY of CC": "attributionlicense attributionlicence",
    "some": "somerightsreserved einigerechtevorbehalten certainsdroitsreserves algunosderechosreservados",
    "silent": "license licence licenses licences licensed lic lizenz licencia licenca licenza licentie publiclicense"
    " publiclicence licensedunder licensedundera licensedunderthe releasedunder availableunder publishedunder"
    " thisworkislicensedundera thisworkislicensedunder lizenziertunter souslicence bajolicencia soblicenca"
    " legalcode deed and und et y e or oder ou o v ver version",
    "everywhere": "international intl int internacional internazionale internationale unported generic generico"
    " generique universal",
    "country": "germany deutschland france spain espana portugal brazil brasil italy italia netherlands nederland"
    " austria osterreich switzerland schweiz australia unitedstates unitedkingdom canada newzealand japan poland china"
    " taiwan scotland",
    "copyright": "copyright",
    "sender": "uploadedby",
}
# Phrase to meaning: a part of a licence of Creative Commons, or "=" and the name of another, or one of the words above.
PHRASES = {
    phrase: meaning
    for group in ({f"={name}": said for name, said in _NAMES.items()}, _PARTS, _MEANT)
    for meaning, said in group.items()
    for phrase in said.split()
}
_LISTS = {
    "codes": "ar at au be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr gr gt hk hr hu ie igo il it jp kr lu mk mt"
    " mx my nl no nz pe ph pl pr pt ro rs se sg si th tw ug uk us ve vn za",
    "not in names": "no not non only use uses used for without with permission permissions prohibited forbidden allowed"
    " commercial free except excluded excluding personal private educational research academic science please contact"
    " ask see public domain rights right reserved image images photo photos picture pictures audio sound sounds text"
    " data table none derivatives derivative adaptation adaptations modification modifications terms conditions apply",
}
# Of countries and organisations that licences were translated for.
CODES = frozenset(_LISTS["codes"].split())
# What a name of a person is not: words that would change what a licence says.
NOT_IN_NAMES = frozenset(_LISTS["not in names"].split())
