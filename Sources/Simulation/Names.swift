/// Names by culture, and the ways in which people and programs make user names of them.
///
/// Innocents and abusers draw from the same lists and the same styles; only how often differs.
enum Names {
    /// How a user name is made.
    enum Style: Int, CaseIterable, Sendable {
        case dotted, joined, underscoredNumber, initial, birthYear, shortNumber, words, reversed, longNumber
        case wordNumber, letters
    }

    /// How often people choose each style, in the order of ``Style``.
    static let humanWeights: [Double] = [16, 12, 9, 10, 14, 12, 9, 5, 6, 5, 2]

    static func culture(_ name: String) -> Int { cultures.firstIndex { $0.name == name } ?? 0 }

    /// A user name in this style, of lower-case ASCII letters, digits, `.` and `_`.
    static func username(_ style: Style, culture: Int, _ random: inout Random) -> String {
        let given = random.pick(cultures[culture].given)
        let family = random.pick(cultures[culture].family)
        switch style {
        case .dotted: return "\(given).\(family)"
        case .joined: return "\(given)\(family)"
        case .underscoredNumber: return "\(given)_\(family)\(random.below(100))"
        case .initial: return "\(given.prefix(1))\(family)\(random.chance(0.5) ? String(random.below(100)) : "")"
        case .birthYear: return "\(given)\(random.chance(0.4) ? family : "")\(random.int(1958...2011))"
        case .shortNumber: return "\(given)\(random.below(1000))"
        case .words: return "\(random.pick(words))\(random.pick(words))\(random.below(100))"
        case .reversed: return "\(family).\(given)"
        case .longNumber: return "\(given)\(random.int(1000...99_999))"
        case .wordNumber: return "\(random.pick(words))\(random.int(100...9999))"
        case .letters: return "\(letters(random.int(6...9), &random))\(random.int(10...9999))"
        }
    }

    static let cultureCount = cultures.count

    /// A name as organisations give it.
    static func official(culture: Int, _ random: inout Random) -> String {
        "\(random.pick(cultures[culture].given)).\(random.pick(cultures[culture].family))"
    }

    static func letters(_ count: Int, _ random: inout Random) -> String {
        String(decoding: (0..<count).map { _ in UInt8(97 + random.below(26)) }, as: UTF8.self)
    }

    static func organisation(_ random: inout Random) -> String { random.pick(words) + random.pick(organisationEnds) }

    private static let organisationEnds = [
        "works", "labs", "group", "tech", "media", "soft", "data", "partners", "logic",
    ]

    private static let words = split(
        """
        amber blue cloud dragon eagle falcon ghost happy iron jade kilo lucky magic night ocean pixel quiet river shadow \
        tiger ultra velvet winter yellow zen storm lemon panda rocket silver sunny turbo wolf mint maple orbit neon coral \
        cedar comet flint harbor ivory lunar meadow nova olive prairie quartz raven solar tundra willow breeze canyon
        """)

    private static let cultures: [(name: String, given: [Substring], family: [Substring])] = [
        (
            "en",
            "james mary john linda robert susan michael karen david emma oliver olivia jack amelia harry isla noah ava "
                + "liam mia ethan chloe lucas grace ryan hannah kevin laura brian megan",
            "smith jones taylor brown williams wilson johnson davies evans thomas roberts walker wright robinson thompson "
                + "white hughes edwards green hall wood harris clarke jackson turner hill cooper ward morris moore"
        ),
        (
            "es",
            "maria jose juan carmen antonio ana manuel laura francisco lucia carlos elena luis sofia miguel paula pedro "
                + "marta javier isabel diego valentina andres camila jorge daniela",
            "garcia rodriguez gonzalez fernandez lopez martinez sanchez perez gomez martin jimenez ruiz hernandez diaz "
                + "moreno alvarez romero navarro torres ramirez vargas castro ortiz rojas"
        ),
        (
            "pt",
            "joao maria pedro ana lucas julia gabriel beatriz rafael larissa mateus leticia gustavo camila bruno "
                + "fernanda thiago mariana felipe carolina tiago ines rui catarina",
            "silva santos oliveira souza rodrigues ferreira alves pereira lima gomes costa ribeiro martins carvalho almeida "
                + "lopes soares fernandes vieira barbosa rocha dias nunes mendes"
        ),
        (
            "fr",
            "jean marie pierre camille louis lea paul manon lucas chloe hugo emma jules ines antoine sarah nicolas julie "
                + "thomas claire mathieu alice remi lucie",
            "martin bernard dubois thomas robert richard petit durand leroy moreau simon laurent lefebvre michel garcia "
                + "david bertrand roux vincent fournier morel girard andre mercier"
        ),
        (
            "de",
            "anna lukas lena felix leonie jonas sophie max marie paul laura leon julia tim hannah jan katharina stefan "
                + "sabine thomas monika peter ursula andreas",
            "mueller schmidt schneider fischer weber meyer wagner becker schulz hoffmann koch bauer richter klein wolf "
                + "schroeder neumann schwarz zimmermann braun krueger hofer gruber huber"
        ),
        (
            "nl",
            "daan emma sem julia lucas sophie levi anna finn lotte bram sanne jesse fleur thijs iris lars eva ruben noor",
            "jansen bakker visser smit meijer mulder bos vos peters hendriks dekker brouwer dijkstra smits jacobs kok "
                + "vermeulen schouten willems hoekstra"
        ),
        (
            "it",
            "giulia francesco sofia alessandro aurora lorenzo giorgia matteo martina andrea chiara luca elena marco sara "
                + "davide anna simone valentina paolo nikos eleni andrei ioana",
            "rossi russo ferrari esposito bianchi romano colombo ricci marino greco bruno gallo conti costa giordano "
                + "mancini rizzo lombardi moretti popescu ionescu papadopoulos georgiou"
        ),
        (
            "pl",
            "zofia jakub julia antoni maja jan zuzanna aleksander hanna franciszek lena mikolaj pawel agnieszka tomasz "
                + "katarzyna marek ewa jiri tereza petr lucie",
            "nowak kowalski wisniewski wojcik kowalczyk kaminski lewandowski zielinski szymanski wozniak dabrowski kozlowski "
                + "mazur krawczyk novotny dvorak cerny prochazka"
        ),
        (
            "se",
            "alice lucas maja liam elsa noah astrid oscar ebba william linnea hugo ida emil nora jakob freja aino eero "
                + "lauri sanna mikael ingrid lars",
            "andersson johansson karlsson nilsson eriksson larsson olsson persson svensson hansen olsen jensen nielsen "
                + "korhonen virtanen lindberg berg dahl holm lund"
        ),
        (
            "tr",
            "mehmet fatma mustafa ayse ahmet emine ali hatice huseyin zeynep hasan elif emre merve burak esra can deniz",
            "yilmaz kaya demir celik sahin yildiz yildirim ozturk aydin ozdemir arslan dogan kilic aslan cetin kara koc"
        ),
        (
            "ru",
            "oleksandr olena dmytro iryna andriy natalia ivan maria sergei anna alexei elena maxim daria nikita polina "
                + "artem yulia pavel oksana",
            "shevchenko kovalenko bondarenko tkachenko kravchenko oliynyk ivanov smirnov kuznetsov popov volkov sokolov "
                + "lebedev kozlov morozov petrov boyko melnyk"
        ),
        (
            "ar",
            "mohamed fatima ahmed aisha ali mariam omar zainab hassan nour khaled sara youssef layla ibrahim hana tariq "
                + "salma bilal amina reza maryam",
            "hassan ali ahmed khan hussein ibrahim mahmoud saleh abbas haddad nasser farouk mansour qureshi malik sheikh "
                + "rahimi karimi hosseini aziz"
        ),
        (
            "ng",
            "chinedu ngozi emeka amaka tunde funke ibrahim aisha kelechi chioma segun bisi wanjiru kamau achieng otieno "
                + "mercy brian faith kevin",
            "okafor adeyemi okonkwo balogun eze ogunleye bello abubakar mwangi odhiambo njoroge kariuki wambui kiptoo "
                + "nwosu obi lawal musa"
        ),
        (
            "in",
            "aarav ananya vivaan diya aditya isha arjun kavya rohan priya rahul sneha amit pooja vikram neha sanjay "
                + "anjali karthik lakshmi rahim nusrat arif sumaiya",
            "sharma verma gupta singh kumar patel reddy nair iyer das ghosh mehta joshi rao pillai chopra khan islam hossain "
                + "rahman banerjee kulkarni"
        ),
        (
            "id",
            "budi siti agus dewi rizky putri andi ayu dimas indah fajar rina hendra wati eko sri somchai malee nattapong "
                + "aisyah hafiz nurul",
            "santoso wijaya saputra hidayat setiawan nugroho kusuma pratama lestari utami wibowo hakim rahman ismail "
                + "suwan srisai abdullah"
        ),
        (
            "vn", "anh minh linh huong tuan lan hung mai dung thao nam trang hieu ngoc phuong quang ha khanh",
            "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly"
        ),
        (
            "cn",
            "wei fang min jing lei yan jun ting hao xin yi chen jie ying bo xiaoming meiling zhihao yating jiahao",
            "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo lin he gao luo tan lim"
        ),
        (
            "jp",
            "haruto yui sota aoi yuto hina ren sakura riku rin takumi misaki kenji yuki hiroshi keiko daiki nanami",
            "sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki matsumoto "
                + "inoue kimura hayashi"
        ),
        (
            "kr",
            "minjun seoyeon jihoon jiwoo hyunwoo minji dohyun subin jisoo yuna seungmin eunji taehyung hana jaehyun sora",
            "kim lee park choi jung kang cho yoon jang lim han oh seo shin kwon hwang ahn song"
        ),
    ].map { ($0.0, split($0.1), split($0.2)) }

    private static func split(_ text: String) -> [Substring] { text.split(separator: " ") }
}
