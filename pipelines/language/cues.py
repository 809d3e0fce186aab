"""Words that tell Serbian, Croatian, Bosnian and Montenegrin apart: the data of the variant step.

Each group has weights for (sr, hr, bs, cnr), added to the log score for each different word found. `*` stands for any
ending. Names of places, people and parties are left out on purpose: the same events are reported in all four. What takes
two words is in `clauses.py`.
"""

from __future__ import annotations

Weights = tuple[float, float, float, float]
"""For sr, hr, bs, cnr."""

_EKAVIAN = """
mesto mesta mestu mestom mestima mestn* pre posle gde nigde negde ovde svugde deca dece deci decu decom dečj* dete
deteta čovek* čoveč* reč reči rečima vreme vremen* svetsk* svetov* svetu dve obe deo delu delom delovi delova celo cela
celu cele celog celom celok* ceo predsedni* potpredsedni* sednic* sedišt* zahtev* uspeh* uspeš* uspel* uspev* promen*
primen* izmen* razmen* zamen* mera mere meru merama mesec* nedelj* ponedelj* sredu severa severu severn* primer* ocenj*
oceni* ocena ocenu ocene procenj* procena procene procenu procenil* cena cene cenu cenama rešen* rešav* reši* sledeć*
poslednj* deluj* delova* odeljenj* savet* vest vesti vestima izvešta* sneg* telo telu telima pobed* verovatn* veruj*
vernic* obavešt* bezbed* obezbed* lekar* lekov* lečenj* leči* zvezd* devoj* hteo htel* želeo želel* video videl* videti
nasled* sused* razume* umesto uvek zabelež* belež* sprove* unapred napred stepen* pretnj* preti lep lepo lepa belo beli
bele smenj* smenu smešten* premešt* poverenj* uverenj* uveren* vredn* povred* povređ* uvred* želez* strelja* reka reke
reku rekama veštač* vešt* svedo* osvetl* proveri* proveren* proverav* delimičn* podeljen* podelil* podela osećaj*
osetil* smeo unapređ* sprečiti odnela donela doneo donet* preneo prenel* prenet* iznela izneo odneo uneo poneo namer*
usmeren* zasedan* proleć* levo levic* levičar* mleko mleka svež* crep* dvogodišnji vekovn* odsek* ozleđen* beg begunc*
izbeg* sećanj* pevač* nemačk* ubeđ* savest* savešć* svest svesti svešću sme smeju nečoveč* proter* svirep* poset*
verova* smel* dosledn* doprine* smeni* smenjen* usled sled* cel* obelež* želeti voleo volel* živeo živel* živeti
razumeti trpeti sedeti sedeo sedel* seća* podseć* podseti* oset* severo* cvet* slep* greja* mlekar* snežn* vera verom
vernost* verni* verodostoj* večit* večn* veštin* vežb* vetar vetr* venac venč* vek veka veku vekom vekov* zauvek zver*
delatnos* raspodel* dodel* udeo udela predlog* predel* prelaz* prenos* prevod* pretit* pretil* telesn* merenj* merodav*
namešt* umeša* meša* menja* namen* vrednos* pesm* pesni* peša* pobeć* pobeg* beži* bežan* celin* celovit* senk* seče*
tera* protera* zamer* primeć* primet* nemac nemc* rečni* retko retk* redak lestvic* kolen* doživel* preživel* izgorel*
dospe* poseduj* posed* ubedljiv* zaver* razmer* srazmer* vreo vrel* strelj* sveć* osvež* umetn* umeren* smešn* osmeh*
tesn* greše* pogrešil* izveštaj* odelu sudel* bled* nameni* zamenik zameni* zahteva* predvideo predvidel* odoleti
odolel* uvideo uvidel* pripovet* ispovest* nasleđ* nedelju verski versk* meštan* premeša* obezvre* opredel* tela
predlozi prevoz* izvestil* izvestio zaplen* levu leve levi mleč* pretrpe* cveć* starešin* spreče*
spreči*
"""
_IJEKAVIAN = """
mjest* prije poslije gdje nigdje negdje ovdje svugdje djec* dječ* dijete djetet* čovje* riječ* vrijeme* svijet*
svjets* dvije obje dio dijela dijelu dijelom dijelovi* cijel* predsjedni* potpredsjedni* sjednic* sjedišt* zahtje*
uspje* promje* primje* izmje* razmje* zamje* mjer* mjesec* nedjelj* ponedje* srijed* sjever* ocje* ocijen* procje*
procijen* cijen* rješ* riješ* sljede* slijede* posljedn* posljed* djelu* djelov* odjel* savjet* vijest* izvje* snijeg*
tijel* pobjed* pobijed* vjeru* vjero* vjere vjera obavj* obavije* lijek* liječ* ljekar* zvijezd* djevoj* htje* htio
želio željel* vidje* vidio naslijed* susje* razumije* umjesto uvijek zabilje* bilje* naprij* unaprij* unaprje*
prijetn* prijeti lijep* bijel* smje* smijen* povjer* uvjer* vrijed* povrije* povrj* željez* strijel* rijek* vješt*
svjedo* osvije* provje* svijes* podije* podsje* osje* nijedn* donije* donijel* prenije* iznije* odnije* podnije*
unije* namje* usmje* zasje* proljeć* lijev* ljevic* ljevičar* mlijek* svjež* odsje* zapovije* zapovjed* sprije*
uvrije* slijed* slijep* cvijeć* rijetk* bijeg* izbje* sjeć* pjeva* njemačk* savjest* savješ* sviješ* smije smiju
nečovje* protje* posjet* vjerova* smjel* dosljedn* doprinije* smijenj* uslijed cjel* obilje* željeti volio voljel*
živio živjel* živjeti razumjeti trpjeti sjed* podsjeć* podsjet* osjet* sjevero* cvijet* cvjet* grija* snježn* vjerom
vjernost* vjerni* vjerodostoj* vječit* vječn* vještin* vježb* vjetar vjetr* vijenac vjenč* vijek vijeka vijeku vjekov*
zauvijek zvijer* djelatnos* raspodjel* dodjel* udio udjel* prijedlog* prijelaz* prijenos* prijevod* prijetit*
prijetil* tjelesn* mjerenj* mjerodav* namješt* umiješa* miješa* mijenja* namijen* namjen* vrijednos* pjesm* pjesni*
pješa* pobjeć* pobjeg* bježi* bježan* cjelin* cjelovit* sjen* sječe* tjera* protjera* zamjer* primijeć* primjeć*
primijet* primjet* nijemac nijemc* rječni* rijetko rijedak ljestvic* koljen* doživjel* preživjel* izgorjel* dospje*
posjeduj* posjed* ubjedljiv* zavjer* razmjer* srazmjer* svijeć* osvjež* umjetn* umjeren* smiješn* osmijeh* tijesn*
tjesn* griješ* izvještaj* odijel* blijed* zamjenik zamjeni* zahtijeva* predvidio predvidjel* odoljeti odoljel* uvidio
uvidjel* ispovijest* naslijeđ* vjersk* mještan* opredjel* opredijel*
"""
_CROATIAN = """
tjedan tjedn* tko netko nitko itko svatko europ* tisuć* milijun* glazb* kolodvor* zrakoplov* kazališ* priopć* siječnja
siječanj siječnju veljač* ožuj* travnja travanj travnju svibnj* svibanj lipnja lipanj lipnju srpnja srpanj srpnju
kolovoz* rujna rujan rujnu listopad* studenog* prosin* sveučiliš* tijekom sustav* ravnatelj* čimben* nazoč* promidž*
tvrtk* županij* župan* proračun* suradnj* suradni* surađ* znanstv* povijes* veleposl* unatoč glede obitelj* odvjetn*
sudac suca sucu suci poduzeć* poduzetn* uvjet* utjec* utječ* sudjel* dužnosn* stožer* vojarn* putovnic* računal* financ*
kemij* točn* točk* netočn* istaknuo izvješć* izvijest* djelatni* prosvjed* glasnogovor* uhit* uhić* redarstv* postot*
organizir* kontrolir* informir* definir* kritizir* realizir* reagir* komentir* identificir* skrb* ozljed* ozljeđ*
ozlijeđ* kruh* liječni* prijelaz* prijevoz* prijenos* mirovin* oporb* kaznen* sukladno zaslon* kakvoć* uporab* pučanstv*
susret* jamč* suvremen* ubojstv* ubojic* opskrb* sudioni* tužitelj* plaća plaće plaću tvornic* natjec* natječ* razin*
usprkos osobn* knjižnic* iznimn* talijan* španjol* rumunj* bruxelles* unutarnj* tajništv* glasovanj* glasova* provedb*
daljnj* primjerice prigod* poglavito dioni* udrug* momčad* pričuv* pristojb* pozornos* stajališt* ozračj* ljekarn*
kolegic* nogometaš* kuna kune kunama izbjeglištv* nositelj* predsjedatelj* promatra* gledatelj* slijedom naputak naputk*
ponajprije pučk* prosudb* uvelike zamjetn* vlastit* obnašan* obnaša* utemelj* umirovljen* prijepor* tijeku tijek
natuknu* domovinsk* promišlja* probitak tjelovježb* vjerojatn* tiskov* tiskovin* zaposlenik* povjerenstv* dvojb*
predstojnik* pročelnik* izravn* neizravn* razdoblj* stupnj* stupanj redatelj* prijevar* zlouporab* rabljen* kupnj*
potražnj* tečaj* cjepiv* autocest* oborin* onečišć* šport* vratar* obrana obrane obrani obranu obrambe* uistinu osobit*
napose posebice navečer dapače skladatelj* nakladni* čitatelj* slušatelj* branitelj* prevoditelj* znanost* zemljopis*
časni* dočasni* streljiv* iskaznic* saborsk* sabora saboru tajnik* dopredsjedni* izvanred* izvan kaos* kaot* kronič*
kronolog* kirur* demokracij* birokracij* diplomacij* optuženik* istražitelj* doznaje doznaj* kani dopušt* dopusti*
pridonij* pridono* poduze* poduzima* njezin* komu tomu mojeg svojeg petero četvero šestero mladež* pothvat* sučelj*
snimk* kava kavu kave promiče* promic* prijam* podrijetl* sućut* suosjeć* suglas* kut kutu raskriž* križanj*
parkirališt* nogostup* zadać* prijašnj* zamolb* pozorn* svekolik* dvjesto kvalitete kvalitetu kvalitetom obvez* ovlast*
temelju konzult* emitir* prijevod* prodavaonic*
"""
_WEAK_CROATIAN = """
nogomet* promet prometn* zračn* zrak zraku zraka otok* vlak vlaka vlakom postrojb* gospodar* zastupni* čelni* izbornik*
ukoliko dozvol* potpor* kako potres* tijelo vrlo premda ponovno istodob* trenutač* jest nadalje stoga već iako odnosno
zadnj* iduć* ovis* utrk* neovis*
"""
_EASTERN = """
evrop* hiljad* milion* januar* februar* avgust* septembr* oktobr* novembr* decembr* šta ko neko niko svako ambasad*
sudij* advokat* preduzeć* uslov* utica* utiče utiču učestv* učešć* porodi* zvanični* finansi* hemij* tačn* tačk* netačn*
budžet* univerzitet* saradnj* sarađ* saradni* muzičk* pozorišt* pasoš* organizov* kontrolis* informis* definis*
kritikov* realizov* reagov* komentaris* identifikov* funkcionis* saobraća* voz vozovi hleb* ostrv* fudbal* štab*
portparol* uhapš* biće moraće imaće trebaće postaće dobiće početiće počeće nastaviće savremen* ubistv* ubic* učesni*
tužila* tužioc* skupštin* plata plate platu penzij* fabrik* avion* aerodrom* takmič* nivo nivou nivoa uprkos ličn*
naučn* italijan* rumunij* rumunsk* brisel* vašington* glasanj* akcionar* udruženj* konkurs* rukovodstv* apotek*
koleginic* interesovanj* tokom inostran* sekretar* unutrašnj* hapšen* odbrana odbrane odbranu odbrani izuzetn* posmatra*
privred* prisustv* sopstven* budžetsk* zvanič* kompanij* procenat procenta poreski porez* zaposleni* finansir*
finansijsk* pijac* oktobar novembar decembar septembar januar februar štamp* komisij* upored* zloupotreb* upotreb*
vakcin* spasilac spasioc* padavin* golman* selektor* zaista gledalac gledaoc* čitalac čitaoc* slušalac slušaoc*
rukovodilac rukovodioc* prevodilac prevodioc* branilac branioc* tužiok* nauk* nauci oficir* komandant* komandir*
vanredn* haos* haot* hronič* hronolog* hirur* okean* demokratij* birokratij* diplomatij* saznaje saznaj* pomenut*
pominj* desio desila desilo desiti dešav* preduze* preduzim* omladin* poduhvat* računar* kompjuter* prijem* saučešć*
saglas* saoseć* saosjeć* raskrsni* sprat* bašt* trotoar* kafa kafu kafe reditelj* podstic* podstič* podstak* pažnj*
petoro četvoro šestoro obavez* sagovorni* kandidatkinj* sačinj* inspekcij* rejting* ovlašć* konsult* prodavnic* širom
emitov*
"""
_WEAK_EASTERN = "mart marta april aprila jun juna jul jula sistem* direktor* protest* poslani* zemljotres* kancelarij* procenat* procenata"
_WEAK_SERBIAN = """
veoma mada sem kaže kažu lider* region regiona regionu regionom ponovo istovremen* usvoj* usvaj* pored povodom
čitav* zavis* nezavis* navodi
"""
_SERBIAN = """
opšt* uopšte saopšt* takođe istorij* odsto vazduh* vaspit* hrišćan* jevrej* sopstven* snabdev* juče prekjuče opštin*
obezbeđ* izvinjenj* zahvaljujući izbegav* evra evro evrima evrom spoljn* oebs* direktork* ministark* profesork*
kriterijum* ka pošto istakao dinara rukovodi* sprovo* sprove* uslediti uslediće doprineće medijum* stejt njujork*
posledic* bezbednos* obezbed* sinoć studentkinj* odlučiće održaće razgovaraće sastaće otvoriće predstaviće posetiće
igraće ostaće učestvovaće poslaće platiće radiće daće uradiće pokrenuće spasav* uveče ujutru sveštenik* sveštens*
episkop* vladik* krst krsta krstu dvesta trista evropljan* porekl* srećn* pirinč* pasulj* spanać* trgovinsk*
"""
_WESTERN = """
općin* opći opće opća općeg općih općenit* uopće također sigurnos* osigura* sretn* sretan ured ureda uredu kršćan* jučer
eura eurima eurom kriterij kriterija kriteriji* profesoric* ministric* direktoric* vanjsk* voditelj* nadzor* stoljeć*
kazao kazala usporedb* uspored* svećeni* križ križa križu okoliš* cest* posto zapovjedni* učinkovit* mobitel* riža riže
rižu biskup* nadbiskup* vijeć* potič* potica* potaknu* poticaj* ujutro spomenut* spominj* porijekl*
"""
_BOSNIAN = """
sedmic* sedmičn* historij* saopć* lahk* mehk* kahv* vjerovatn* obezbijed* obezbjeđ* uposlen* kantonal* entitetsk*
dženaz* šehid* sabah* čaršij* finansijama predsjedavajuć* august* juni juli km maraka bosanskohercegov* procent*
općinsk*
"""
_MONTENEGRIN = "nijesam nijesi nijesmo nijeste nijesu sjutra śutra sjutrašnj* đe neđe niđe đevoj* đeca śed*"

_SHOULD = "trebao trebala trebali trebale"
_SA, _S, _TE, _NO, _DA = "sa", "s", "te", "no", "da"

CUES: tuple[tuple[Weights, str], ...] = (
    ((2.2, -1.5, -1.5, -1.5), _EKAVIAN),
    ((-2.2, 0.9, 0.9, 0.9), _IJEKAVIAN),
    ((-1.5, 2.0, -0.6, -1.0), _CROATIAN),
    ((-0.4, 0.65, 0.0, -0.4), _WEAK_CROATIAN),
    ((1.05, -2.0, 0.8, 0.8), _EASTERN),
    ((0.5, -0.5, -0.1, 0.3), _WEAK_SERBIAN),
    ((-0.9, 0.4, 0.5, 0.0), _SHOULD),
    ((-0.8, 0.7, -0.2, 0.0), _NO),
    ((0.12, -0.12, 0.0, 0.0), _DA),
    ((0.2, -0.5, 0.2, 0.2), _WEAK_EASTERN),
    ((1.6, -1.6, -1.0, 1.0), _SERBIAN),
    ((-1.4, 0.9, 0.9, -0.8), _WESTERN),
    ((-0.8, -0.8, 1.8, -0.4), _BOSNIAN),
    ((-2.0, -3.0, -3.0, 5.0), _MONTENEGRIN),
    ((0.25, -0.45, 0.15, 0.2), _SA),
    ((-0.8, 0.6, 0.3, -0.2), _S),
    ((-0.3, 0.3, 0.2, 0.0), _TE),
)
"""A word in two groups counts in both: `vjerovatno` is ijekavian, and Bosnian rather than Croatian."""

FOREIGN_SPELLING: Weights = (-1.2, 0.6, 0.5, -0.4)
"""A foreign name spelt as at home: Serbian respells by ear (`Vagner` for Wagner), the others do not. Counts once."""
LOOSE_INFINITIVE: Weights = (-0.35, 0.35, 0.15, 0.0)
"""An infinitive anywhere, where Serbian rather has `da` with the present. Counts once."""
LOAN_VERB_IZIRA: Weights = (-1.2, 1.4, 0.2, -0.8)
LOAN_VERB_IZOVA: Weights = (0.8, -1.4, 0.6, 0.7)
"""Verbs of foreign origin: `realizirati`, `privatizirati` against `realizovati`, `privatizovati`."""
JOINED_FUTURE: Weights = (1.0, -1.4, 0.3, 0.5)
"""`objaviće` in one word: the others write, or in Bosnian may write, `objavit će`."""
