"""Licences as they stand in tables of GBIF, iNaturalist, xeno-canto, Flickr, Wikimedia, Zenodo, Macaulay.

Each name is followed by texts that mean it; ``unknown`` by those that must not be guessed, ``refused`` by those that
are not understood as a whole, but in which something forbids to publish.
"""

FORMS = {
    "CC0-1.0": """
        CC0
        cc0
        CC-0
        CC 0
        CC0 1.0
        cc0-1.0
        CC0_1_0
        CC0 1.0 Universal
        CC0 1.0 Universal (CC0 1.0) Public Domain Dedication
        Creative Commons Zero
        Creative Commons Zero v1.0 Universal
        Creative Commons CC0 1.0
        Creative Commons - CC0 License
        cc-zero
        CC Zero
        Public Domain Dedication (CC0)
        No rights reserved
        NO RIGHTS RESERVED
        (c) Ada Lovelace, no rights reserved (CC0)
        © ada_l, no rights reserved (CC0), uploaded by ada_l
        http://creativecommons.org/publicdomain/zero/1.0/
        https://creativecommons.org/publicdomain/zero/1.0/legalcode
        https://creativecommons.org/publicdomain/zero/1.0/deed.de
        //creativecommons.org/publicdomain/zero/1.0/
        CC0 (https://creativecommons.org/publicdomain/zero/1.0/)
    """,
    "PDM-1.0": """
        Public Domain
        public-domain
        publicdomain
        PD
        PDM
        PDM 1.0
        Public Domain Mark 1.0
        Public Domain Work
        PDDC
        Public Domain Dedication and Certification
        In the public domain
        PD-self
        gemeinfrei
        Domaine public
        Dominio público
        Domínio público
        http://creativecommons.org/publicdomain/mark/1.0/
        https://creativecommons.org/publicdomain/mark/1.0/deed.en
        https://creativecommons.org/licenses/publicdomain/
    """,
    "CC-BY-4.0": """
        CC BY
        cc-by
        CC-BY
        ccby
        CC_BY_4_0
        CC BY 4.0
        CC BY 4
        CC BY v4.0
        CC BY version 4.0
        CC BY 4,0
        cc-by-4.0
        cc by4.0
        CCBY4.0
        CC BY 4.0.
        "CC BY 4.0"
        License: CC BY 4.0
        Licensed under CC BY 4.0
        This work is licensed under a Creative Commons Attribution 4.0 International License.
        Creative Commons Attribution 4.0 International
        Creative Commons Attribution 4.0 International Public License
        Attribution 4.0 International (CC BY 4.0)
        CC Attribution 4.0
        CreativeCommons Atribution 4.0
        Creative Commons Namensnennung 4.0 International
        Licence Creative Commons Attribution 4.0 International
        Creative Commons Atribución 4.0 Internacional
        Creative Commons Reconocimiento 4.0
        Licença Creative Commons Atribuição 4.0 Internacional
        © Ada Lovelace / CC BY 4.0
        © 2019 Ada Lovelace, CC BY 4.0
        Copyright (c) 2019 Ada Lovelace (CC BY 4.0)
        (c) J. van der Berg, some rights reserved (CC BY)
        (c) Ludmiła Żółć, some rights reserved (CC BY), uploaded by Ludmiła Żółć
        http://creativecommons.org/licenses/by/4.0/
        https://creativecommons.org/licenses/by/4.0
        http://creativecommons.org/licenses/by/4.0/legalcode
        https://creativecommons.org/licenses/by/4.0/deed.en
        https://creativecommons.org/licenses/by/4.0/?ref=openverse
        www.creativecommons.org/licenses/by/4.0/
        creativecommons.org/licenses/by/4.0
        CC BY 4.0 <https://creativecommons.org/licenses/by/4.0/>
        https://spdx.org/licenses/CC-BY-4.0.html
    """,
    "CC-BY-3.0": """
        CC BY 3.0
        CC BY 3.0 DE
        CC BY 3.0 Unported
        CC BY 3.0 NO
        CC-BY-3.0-US
        CC BY 3.0 IGO
        Creative Commons Attribution 3.0 Germany
        Creative Commons Attribution 3.0 United States
        http://creativecommons.org/licenses/by/3.0/us/
        https://creativecommons.org/licenses/by/3.0/igo/legalcode
        CC BY (http://creativecommons.org/licenses/by/3.0/)
    """,
    "CC-BY-2.0": """
        CC BY 2.0
        Attribution 2.0 Generic (CC BY 2.0)
        https://creativecommons.org/licenses/by/2.0/uk/
        CC BY 2.0 UK
    """,
    "CC-BY-SA-4.0": """
        CC BY-SA 4.0
        cc-by-sa
        CC-BYSA 4.0
        ccbysa
        Attribution-ShareAlike
        Attribution-Share Alike License
        Creative Commons Attribution Share-Alike 4.0
        CC BY SA 4.0 Int.
        Namensnennung - Weitergabe unter gleichen Bedingungen 4.0 International
        Attribution - Partage dans les Mêmes Conditions 4.0 International
        Atribución-CompartirIgual 4.0 Internacional
        Atribuição-CompartilhaIgual 4.0 Internacional
        CC BY 4.0 / CC BY-SA 4.0
        CC-BY-4.0 AND CC-BY-SA-4.0
        CC0 and CC BY-SA 4.0
    """,
    "CC-BY-SA-3.0": """
        CC BY-SA 3.0
        cc_by_sa_3.0
        Creative Commons Attribution-Share Alike 3.0 Unported
        CC-BY-SA-3.0,
        CC BY-SA 3.0 de
        CC BY-SA 3.0 Österreich
        Namensnennung - Weitergabe unter gleichen Bedingungen 3.0 Deutschland
        https://creativecommons.org/licenses/by-sa/3.0/de/deed.de
        CC-BY-4.0 AND CC-BY-SA-3.0
    """,
    "CC-BY-NC-4.0": """
        CC BY-NC 4.0
        CC BY NC
        cc-by-nc
        cc-by-nc4.0
        CC_BY_NC_4_0
        CCBYNC
        by-nc
        BY-NC 4.0
        CC BY-NC (Attribution-NonCommercial)
        CC BY-NC 4.0 (non-commercial use only)
        Attribution-NonCommercial
        Attribution-NonCommercial License
        Creative Commons Attribution Non Commercial 4.0
        Creative Commons Attribution-NonCommerical 4.0 International
        Creative Commons BY, non-commercial, 4.0
        CC0 / CC BY-NC 4.0
        CC BY-NC 4.0 or CC BY 4.0
        CC BY, not for commercial use
        some rights reserved (CC BY-NC)
        (c) Ada Lovelace, some rights reserved (CC BY-NC)
        (c) ada.l-99, some rights reserved (CC BY-NC), uploaded by ada.l-99
        © O'Brien & Sons. Some rights reserved (CC BY-NC 4.0)
        http://creativecommons.org/licenses/by-nc/4.0/
        //creativecommons.org/licenses/by-nc/4.0/
        Namensnennung-Nicht kommerziell 4.0 International
        Attribution - Pas d\u2019Utilisation Commerciale 4.0 International
        Atribución-NoComercial 4.0 Internacional
        Atribuição-NãoComercial 4.0 Internacional
        Attribuzione - Non commerciale 4.0 Internazionale
        Naamsvermelding-NietCommercieel 4.0
    """,
    "CC-BY-NC-2.0": """
        CC BY-NC 2.0
        https://creativecommons.org/licenses/by-nc/2.0/
        Creative Commons Attribution-NonCommercial 2.0 Generic
    """,
    "CC-BY-NC-SA-4.0": """
        CC BY-NC-SA 4.0
        CC BY-NCSA 4.0
        CC-BYNCSA
        CC-BY-SA-NC 4.0
        by-nc-sa 4.0
        Attribution-NonCommercial-ShareAlike License
        //creativecommons.org/licenses/by-nc-sa/4.0/
        Namensnennung - Nicht-kommerziell - Weitergabe unter gleichen Bedingungen 4.0 International
        Attribution - Pas d'Utilisation Commerciale - Partage dans les Mêmes Conditions 4.0 International
        Reconocimiento-NoComercial-CompartirIgual 4.0 Internacional (CC BY-NC-SA 4.0)
    """,
    "CC-BY-NC-SA-3.0": """
        Creative Commons Attribution-NonCommercial-ShareAlike 3.0
        //creativecommons.org/licenses/by-nc-sa/3.0/
    """,
    "CC-BY-ND-4.0": """
        CC BY-ND 4.0
        CC-BYND
        Attribution-NoDerivs License
        Attribution-NoDerivatives 4.0 International
        Namensnennung - Keine Bearbeitungen 4.0 International
        CC BY 4.0 / CC BY-ND 4.0
    """,
    "CC-BY-NC-ND-4.0": """
        CC BY-NC-ND 4.0
        CC BY-NC-ND4.0
        CC BY-NCND 4.0
        ccbyncnd
        cc-by-nd-nc
        Creative Commons Attribution-NonCommercial-NonDerivative 4.0
        Attribution-NonCommercial-NoDerivs License
        (c) Ada Lovelace, some rights reserved (CC BY-NC-ND)
        //creativecommons.org/licenses/by-nc-nd/4.0/
        Attribution - Pas d\u2019Utilisation Commerciale - Pas de Modification 4.0 International
        Atribución-NoComercial-SinDerivadas 4.0 Internacional
        Atribuição-NãoComercial-SemDerivações 4.0 Internacional
    """,
    "CC-BY-NC-ND-2.5": "//creativecommons.org/licenses/by-nc-nd/2.5/",
    "ODbL-1.0": """
        ODbL
        ODbL 1.0
        https://opendatacommons.org/licenses/odbl/1-0/
        http://opendatacommons.org/licenses/odbl/1.0/
    """,
    "ODC-By-1.0": """
        ODC-By
        ODC-BY 1.0
        Open Data Commons Attribution License v1.0
    """,
    "MIT": """
        MIT
        MIT License
        The MIT License
        https://opensource.org/licenses/MIT
    """,
    "Apache-2.0": """
        apache-2.0
        Apache License Version 2.0
        Apache 2.0
        http://www.apache.org/licenses/LICENSE-2.0
    """,
    "GPL-3.0-only": """
        GPL 3.0
        GPLv3
        GPL-3.0-only
    """,
    "GPL-3.0-or-later": """
        GPL-3.0-or-later
        GPL 3.0+
        GPL-3.0+
    """,
    "all-rights-reserved": """
        All rights reserved
        ALL RIGHTS RESERVED.
        (c) me, All Rights Reserved
        © Ada Lovelace
        © 2021 Ada Lovelace. All rights reserved.
        Copyright Ada Lovelace 2021
        Copyright (c) Ada Lovelace
        (c) Ada Lovelace, all rights reserved, uploaded by Ada Lovelace
        C
        ARR
        Copyrighted
        Alle Rechte vorbehalten
        Tous droits réservés
        Todos los derechos reservados
        Todos os direitos reservados
        Tutti i diritti riservati
        CC BY 4.0, all rights reserved
        CC BY-ND 9.0
        http://rightsstatements.org/vocab/InC/1.0/
    """,
    "refused": """
        CC0 for the table, all rights reserved for pictures
        https://creativecommons.org/licenses/by/4.0/ (no derivatives)
        CC BY 4.0 (no derivatives)
        CC BY-ND 4.0, see the website
        nc-nd
        All rights reserved, ask me
        CC BY 4.0; pictures: all rights reserved
        Copyrighted free use
        Commercial use: no, rights reserved: none
    """,
    "unknown": """
        whatever
        mine
        see website
        free
        Free for research
        open
        CC
        Creative Commons
        creative commons license
        by
        Attribution
        nc
        non-commercial
        CC BY?
        CC BY 5.0
        CC BY 40
        CC BY 4.0 3.0
        CC0 4.0
        CC BY 4.0 NO
        CC BY 4.0 (not for commercial use)
        https://creativecommons.org/licenses/by/4.0/ non-commercial
        CC0, non-commercial use only
        CC BY 4.0 except the sounds
        CC BY 4.0 (sounds), other pictures
        CC BY-NC 4.0 with permission
        not CC BY
        No CC BY
        not licensed under CC BY 4.0
        CC BY-SA 4.0 / CC BY-NC 4.0
        CC BY 4.0 and GPL-3.0-or-later
        CC BY 4.0 https://www.example.org/photos/1
        https://creativecommons.org/licenses/
        https://creativecommons.org/licenses/by/4.0/but-not-for-sale
        https://example.org/creativecommons.org/licenses/by/4.0/
        https://creativecommons.org.example.org/licenses/by/4.0/
        CC Sampling Plus 1.0
        GFDL
        GFDL / CC BY-SA 3.0
        No known copyright restrictions
        United States Government Work
        PD-US
        some rights reserved
        rights unclear
        other-open
        4
        Macaulay Library ML123456
        © Ada Lovelace; Cornell Lab of Ornithology | Macaulay Library
        © MIT
        © Ada Lovelace, MIT
        © Ada Lovelace, public domain
        (c) Ada Lovelace, personal use only, CC BY 4.0
        (c) not for sale, some rights reserved (CC BY)
        CC BY 4.0 © pictures of others
        free to use, CC0
        no license
        unlicensed
        Royalty free
        GPL 2.0
        自由に使える
        CC BY 自由
    """,
}
CASES = [(name, text.strip()) for name, texts in FORMS.items() for text in texts.strip().splitlines()]
