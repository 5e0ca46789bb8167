internal import Glibc

/// A country of the simulated world: real code, places and time zone, invented networks.
struct Country: Sendable {
    var code: String
    /// Minutes ahead of UTC; daylight saving is left out.
    var zoneMinutes: Int
    var callingCode: String
    /// Its share of the users, before scaling.
    var weight: Double
    var culture: Int
    var language: String
    /// Indices of its cities.
    var cities: Range<Int>
}

struct City: Sendable {
    var country: Int
    var name: String
    var subdivision: String
    var latitude: Double
    var longitude: Double
}

/// Countries and cities, in the order of the table.
struct Geography: Sendable {
    private(set) var countries: [Country] = []
    private(set) var cities: [City] = []

    /// Codes that the written list of unsupported regions names, as the shipped one does.
    static let unsupported = ["CN", "HK", "IR", "RU", "MO", "KP", "CU", "SY"]

    init() {
        for line in Self.table.split(separator: "\n") {
            let fields = line.split(separator: "|").map(String.init)
            let first = cities.count
            for text in fields[6].split(separator: ";") {
                let parts = text.split(separator: ",").map(String.init)
                cities.append(
                    City(
                        country: countries.count, name: parts[0], subdivision: parts[1],
                        latitude: Double(parts[2]) ?? 0, longitude: Double(parts[3]) ?? 0))
            }
            countries.append(
                Country(
                    code: fields[0], zoneMinutes: Int(fields[1]) ?? 0, callingCode: fields[2],
                    weight: Double(fields[3]) ?? 0, culture: Names.culture(fields[4]), language: fields[5],
                    cities: first..<cities.count))
        }
    }

    func country(_ code: String) -> Int { countries.firstIndex { $0.code == code } ?? 0 }

    /// Great-circle distance in kilometres (haversine, sphere of 6371 km).
    func distance(_ a: Int, _ b: Int) -> Double {
        let radians = Double.pi / 180
        let (one, two) = (cities[a], cities[b])
        let north = sin((two.latitude - one.latitude) * radians / 2)
        let east = sin((two.longitude - one.longitude) * radians / 2)
        let chord = north * north + cos(one.latitude * radians) * cos(two.latitude * radians) * east * east
        return 2 * 6371 * asin(min(1, chord.squareRoot()))
    }

    /// code | minutes ahead of UTC | calling code | weight | names | language | city, subdivision, latitude, longitude; …
    private static let table = """
        US|-300|1|18|en|en-US|New York,NY,40.71,-74.01;Chicago,IL,41.88,-87.63;Los Angeles,CA,34.05,-118.24;Dallas,TX,32.78,-96.80;Seattle,WA,47.61,-122.33
        CA|-300|1|3|en|en-CA|Toronto,ON,43.65,-79.38;Montreal,QC,45.50,-73.57;Vancouver,BC,49.28,-123.12
        MX|-360|52|3|es|es-MX|Mexico City,CMX,19.43,-99.13;Guadalajara,JAL,20.67,-103.35;Monterrey,NLE,25.69,-100.32
        BR|-180|55|6|pt|pt-BR|Sao Paulo,SP,-23.55,-46.63;Rio de Janeiro,RJ,-22.91,-43.17;Recife,PE,-8.05,-34.88
        AR|-180|54|2|es|es-AR|Buenos Aires,C,-34.60,-58.38;Cordoba,X,-31.42,-64.18
        CO|-300|57|2|es|es-CO|Bogota,DC,4.71,-74.07;Medellin,ANT,6.25,-75.56
        CL|-240|56|1|es|es-CL|Santiago,RM,-33.45,-70.67;Concepcion,BI,-36.83,-73.05
        GB|0|44|5|en|en-GB|London,ENG,51.51,-0.13;Manchester,ENG,53.48,-2.24;Glasgow,SCT,55.86,-4.25
        IE|0|353|1|en|en-IE|Dublin,L,53.35,-6.26;Cork,M,51.90,-8.47
        FR|60|33|5|fr|fr-FR|Paris,IDF,48.86,2.35;Lyon,ARA,45.76,4.84;Marseille,PAC,43.30,5.37
        DE|60|49|6|de|de-DE|Berlin,BE,52.52,13.40;Hamburg,HH,53.55,9.99;Munich,BY,48.14,11.58;Cologne,NW,50.94,6.96
        AT|60|43|1|de|de-AT|Vienna,9,48.21,16.37;Graz,6,47.07,15.44;Salzburg,5,47.80,13.05
        CH|60|41|1|de|de-CH|Zurich,ZH,47.37,8.54;Geneva,GE,46.20,6.14;Basel,BS,47.56,7.59
        NL|60|31|2|nl|nl-NL|Amsterdam,NH,52.37,4.90;Rotterdam,ZH,51.92,4.48;Maastricht,LI,50.85,5.69
        BE|60|32|1|fr|fr-BE|Brussels,BRU,50.85,4.35;Antwerp,VAN,51.22,4.40
        LU|60|352|0.3|fr|fr-LU|Luxembourg,LU,49.61,6.13
        ES|60|34|4|es|es-ES|Madrid,MD,40.42,-3.70;Barcelona,CT,41.39,2.17;Seville,AN,37.39,-5.98
        PT|0|351|1|pt|pt-PT|Lisbon,11,38.72,-9.14;Porto,13,41.16,-8.63
        IT|60|39|4|it|it-IT|Rome,62,41.90,12.50;Milan,25,45.46,9.19;Naples,72,40.85,14.27
        PL|60|48|3|pl|pl-PL|Warsaw,14,52.23,21.01;Krakow,12,50.06,19.94;Gdansk,22,54.35,18.65
        CZ|60|420|1|pl|cs-CZ|Prague,10,50.08,14.44;Brno,64,49.20,16.61
        SE|60|46|1|se|sv-SE|Stockholm,AB,59.33,18.07;Malmo,M,55.60,13.00
        NO|60|47|1|se|nb-NO|Oslo,03,59.91,10.75;Bergen,46,60.39,5.32
        DK|60|45|1|se|da-DK|Copenhagen,84,55.68,12.57;Aarhus,82,56.16,10.20
        FI|120|358|1|se|fi-FI|Helsinki,18,60.17,24.94;Tampere,11,61.50,23.76
        GR|120|30|1|it|el-GR|Athens,I,37.98,23.73;Thessaloniki,B,40.64,22.94
        RO|120|40|1|it|ro-RO|Bucharest,B,44.43,26.10;Cluj-Napoca,CJ,46.77,23.62
        TR|180|90|3|tr|tr-TR|Istanbul,34,41.01,28.98;Ankara,06,39.93,32.86;Izmir,35,38.42,27.14
        UA|120|380|2|ru|uk-UA|Kyiv,30,50.45,30.52;Lviv,46,49.84,24.03;Odesa,51,46.48,30.73
        IL|120|972|1|en|he-IL|Tel Aviv,TA,32.08,34.78;Haifa,HA,32.79,34.99
        AE|240|971|1|ar|ar-AE|Dubai,DU,25.20,55.27;Abu Dhabi,AZ,24.45,54.38
        SA|180|966|1|ar|ar-SA|Riyadh,01,24.71,46.68;Jeddah,02,21.49,39.19
        EG|120|20|2|ar|ar-EG|Cairo,C,30.04,31.24;Alexandria,ALX,31.20,29.92
        NG|60|234|3|ng|en-NG|Lagos,LA,6.52,3.38;Abuja,FC,9.06,7.50
        KE|180|254|1|ng|en-KE|Nairobi,30,-1.29,36.82;Mombasa,28,-4.04,39.67
        ZA|120|27|1|en|en-ZA|Johannesburg,GP,-26.20,28.05;Cape Town,WC,-33.92,18.42
        IN|330|91|14|in|en-IN|Mumbai,MH,19.08,72.88;Delhi,DL,28.61,77.21;Bengaluru,KA,12.97,77.59;Kolkata,WB,22.57,88.36;Chennai,TN,13.08,80.27
        PK|300|92|2|ar|ur-PK|Karachi,SD,24.86,67.01;Lahore,PB,31.55,74.34
        BD|360|880|2|in|bn-BD|Dhaka,C,23.81,90.41;Chittagong,B,22.36,91.78
        ID|420|62|7|id|id-ID|Jakarta,JK,-6.21,106.85;Surabaya,JI,-7.25,112.75;Medan,SU,3.60,98.67
        VN|420|84|4|vn|vi-VN|Hanoi,HN,21.03,105.85;Ho Chi Minh City,SG,10.82,106.63
        TH|420|66|2|id|th-TH|Bangkok,10,13.76,100.50;Chiang Mai,50,18.79,98.98
        PH|480|63|3|es|en-PH|Manila,00,14.60,120.98;Cebu,CEB,10.32,123.89
        MY|480|60|1|id|ms-MY|Kuala Lumpur,14,3.14,101.69;Johor Bahru,01,1.49,103.74
        SG|480|65|1|cn|en-SG|Singapore,SG,1.35,103.82
        JP|540|81|5|jp|ja-JP|Tokyo,13,35.68,139.69;Osaka,27,34.69,135.50;Fukuoka,40,33.59,130.40
        KR|540|82|3|kr|ko-KR|Seoul,11,37.57,126.98;Busan,26,35.18,129.08
        TW|480|886|2|cn|zh-TW|Taipei,TPE,25.03,121.57;Kaohsiung,KHH,22.63,120.30
        AU|600|61|2|en|en-AU|Sydney,NSW,-33.87,151.21;Melbourne,VIC,-37.81,144.96;Perth,WA,-31.95,115.86
        NZ|720|64|0.6|en|en-NZ|Auckland,AUK,-36.85,174.76;Wellington,WGN,-41.29,174.78
        CN|480|86|0|cn|zh-CN|Beijing,BJ,39.90,116.41;Shanghai,SH,31.23,121.47;Guangzhou,GD,23.13,113.26;Shenzhen,GD,22.54,114.06
        HK|480|852|0|cn|zh-HK|Hong Kong,HCW,22.32,114.17
        RU|180|7|0|ru|ru-RU|Moscow,MOW,55.76,37.62;Saint Petersburg,SPE,59.93,30.34;Kazan,TA,55.80,49.11
        IR|210|98|0|ar|fa-IR|Tehran,23,35.69,51.39;Shiraz,07,29.59,52.58
        SY|180|963|0|ar|ar-SY|Damascus,DI,33.51,36.28;Aleppo,HL,36.20,37.13
        CU|-300|53|0|es|es-CU|Havana,03,23.11,-82.37
        """
}
