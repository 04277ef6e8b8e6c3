"""Made-up people: names from lists, and numbers that are valid and never given twice."""

import random

from sync.programme.members import member_id
from sync.server.office.persons import Details

_FIRST_NAMES = """
Adriana Alan Alice Aline Amanda Ana André Antônio Arthur Beatriz Benedita Bernardo Bianca
Breno Bruna Bruno Caio Camila Carla Carlos Cauê Cecília Célia Clara Cláudia Cristiano Daniel
Débora Denise Diego Edson Eduardo Elaine Elisa Emanuel Enzo Érica Estela Fábio Fátima Felipe
Fernanda Flávio Francisco Gabriela Geraldo Gilberto Giovana Gisele Glória Guilherme Gustavo
Heitor Helena Henrique Hugo Iara Igor Inês Isabela Isadora Ivan Ivone Jacira Jair Janaína
Jéssica João Joaquim Jorge José Juliana Júlio Karina Kátia Kauã Laís Larissa Laura Leandro
Leonardo Letícia Lívia Lorena Lucas Lúcia Luís Luiza Maíra Manuela Marcela Marcelo Márcia
Marcos Maria Mariana Marta Mateus Maurício Miguel Milena Mirela Mônica Murilo Nádia Natália
Nelson Neusa Nicole Olívia Otávio Patrícia Paula Paulo Pedro Priscila Rafael Raquel Raul
Regina Renata Ricardo Rita Roberto Rodrigo Rosana Rui Sabrina Samuel Sandra Sérgio Sílvia
Simone Sofia Sônia Tadeu Tainá Tatiana Tereza Thiago Tomás Valéria Vanessa Vera Vicente
Vinícius Vitória Viviane Wagner Wesley Yara Yasmin
"""
_LAST_NAMES = """
Abreu Aguiar Albuquerque Alencar Almeida Amaral Amorim Andrade Antunes Aragão Araújo Arruda
Assis Azevedo Barbosa Barros Bastos Batista Bezerra Borges Brandão Brito Bueno Cabral Caldas
Camargo Campos Cardoso Carneiro Carvalho Castro Cavalcanti Chaves Coelho Correia Costa Couto
Cunha Dantas Dias Diniz Domingues Duarte Esteves Evangelista Falcão Faria Farias Fernandes
Ferraz Ferreira Figueiredo Fonseca Fontes França Freire Freitas Furtado Garcia Gomes Gonçalves
Guedes Guerra Guimarães Hirata Ishikawa Jardim Lacerda Leal Leite Lemos Lima Lins Lopes Macedo
Machado Magalhães Maia Malta Marinho Marques Martins Matos Medeiros Meireles Melo Mendes
Menezes Mesquita Miranda Monteiro Moraes Moreira Mota Moura Nakamura Nascimento Neves Nogueira
Novaes Nunes Oliveira Ortega Pacheco Paiva Peixoto Pereira Pimentel Pinheiro Pinto Pires
Portela Prado Queiroz Ramalho Ramos Rangel Rezende Ribeiro Rocha Rodrigues Rossi Sá Sales
Salgado Sampaio Santana Santos Saraiva Seixas Silva Silveira Siqueira Soares Souza Tanaka
Tavares Teixeira Teles Toledo Torres Trindade Vargas Vasconcelos Vaz Viana Vidal Vieira Xavier
Yamada Zanetti
"""
_FIRST = _FIRST_NAMES.split()
_LAST = _LAST_NAMES.split()

_TAKEN = frozenset(
    {"Caio Nogueira", "Otávio Reis", "Wesley Prates", "Bruna Salgado", "Teresa Okamoto"}
)

# Each step shares no factor with its range: every index gets a number of its own.
_CPF_STEP, _CPF_START, _CPF_RANGE = 387_420_489, 271_828_182, 10**9
_PHONE_STEP, _PHONE_START, _PHONE_RANGE = 10_000_019, 31_415_926, 10**8
_ID_STEP, _ID_START, _ID_RANGE = 654_188_429_313, 123_456_789, 1 << 40

_HAS_CPF, _HAS_BIRTHDAY = 0.62, 0.7


def number(index: int) -> int:
    """Return the member id of the person with this index."""
    spread = (index * _ID_STEP + _ID_START) % _ID_RANGE
    return member_id(issuer=0, random40=spread)


def name(chance: random.Random) -> str:
    """Return a name of two or three words; those of the demo's story have three here."""
    words = [chance.choice(_FIRST), chance.choice(_LAST)]
    if chance.random() < 0.25 or " ".join(words) in _TAKEN:
        words.insert(1, chance.choice(_LAST))
    return " ".join(words)


def details(chance: random.Random, index: int) -> Details:
    """Return the numbers and birthday of the person with this index."""
    cpf = phone = birthday = ""
    if chance.random() < _HAS_CPF:
        cpf = cpf_of((index * _CPF_STEP + _CPF_START) % _CPF_RANGE)
    phone = f"119{(index * _PHONE_STEP + _PHONE_START) % _PHONE_RANGE:08d}"
    if chance.random() < _HAS_BIRTHDAY:
        birthday = f"{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    return Details(cpf=cpf, phone=phone, birthday=birthday)


def cpf_of(base: int) -> str:
    """Return the CPF with these nine digits: two check digits modulus 11 follow."""
    digits = [int(char) for char in f"{base:09d}"]
    for length in (9, 10):
        weighted = sum(
            digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=True)
        )
        digits.append(weighted * 10 % 11 % 10)
    return "".join(map(str, digits))
